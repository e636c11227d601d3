import { createBrowserRouter, Navigate, type RouteObject } from 'react-router';
import { ConsentGate } from '../features/auth/ConsentGate.tsx';
import { RequireSession } from '../features/auth/RequireSession.tsx';
import { SignInPage } from '../features/auth/SignInPage.tsx';
import { SignUpPage } from '../features/auth/SignUpPage.tsx';
import { LandingPage } from '../features/landing/LandingPage.tsx';
import { PlansPage } from '../features/plans/PlansPage.tsx';
import { Loading } from '../ui/Loading.tsx';
import { CrashPage, MissingPage } from './ErrorPages.tsx';
import { Layout, Shell } from './Shell.tsx';

/** While a page comes, and where it breaks, what stands around it stays: the header, and what is being uploaded. */
const framed = (children: RouteObject[]): RouteObject[] => [
  { errorElement: <CrashPage />, hydrateFallbackElement: <Loading />, children },
];

/** Pages that are rarely the first one come when they are asked for. */
export const router = createBrowserRouter([
  {
    element: <Shell />,
    errorElement: <CrashPage />,
    children: framed([
      { path: '/', element: <LandingPage /> },
      { path: '/app/sign-up', element: <SignUpPage /> },
      { path: '/app/sign-in', element: <SignInPage /> },
      { path: '/app/forgot-password', lazy: () => import('../features/auth/ForgotPasswordPage.tsx') },
      { path: '/app/reset-password', lazy: () => import('../features/auth/ResetPasswordPage.tsx') },
      { path: '/app/confirm-email', lazy: () => import('../features/auth/ConfirmEmailPage.tsx') },
      { path: '/app/receipt', lazy: () => import('../features/me/ReceiptPage.tsx') },
      { path: '/app/terms', lazy: () => import('../features/documents/TermsPage.tsx') },
      { path: '/app/privacy', lazy: () => import('../features/documents/PrivacyPage.tsx') },
      {
        element: (
          <RequireSession>
            <ConsentGate>
              <Layout />
            </ConsentGate>
          </RequireSession>
        ),
        children: framed([
          { path: '/app', element: <Navigate to="/app/server" replace /> },
          { path: '/app/plans', element: <PlansPage /> },
          { path: '/app/server', lazy: () => import('../features/server/ServerPage.tsx') },
          { path: '/app/subscription', lazy: () => import('../features/subscription/SubscriptionPage.tsx') },
          { path: '/app/pay', lazy: () => import('../features/subscription/PayPage.tsx') },
          { path: '/app/videos/:id', lazy: () => import('../features/player/VideoPage.tsx') },
          { path: '/app/trash', lazy: () => import('../features/library/TrashPage.tsx') },
          { path: '/app/videos/:id/stats', lazy: () => import('../features/links/VideoStatsPage.tsx') },
          { path: '/app/links', lazy: () => import('../features/links/LinksPage.tsx') },
          { path: '/app/links/:id', lazy: () => import('../features/links/LinkPage.tsx') },
          { path: '/app/webhooks', lazy: () => import('../features/webhooks/WebhooksPage.tsx') },
          { path: '/app/device', lazy: () => import('../features/auth/DevicePage.tsx') },
          { path: '/app/operator', lazy: () => import('../features/operator/OperatorPage.tsx') },
          { path: '/app/me', lazy: () => import('../features/me/MePage.tsx') },
        ]),
      },
      { path: '*', element: <MissingPage /> },
    ]),
  },
]);
