import { useState } from 'react';
import { api } from '../../api/api.ts';
import {
  useAuthOptionsQuery,
  usePutConsentsMutation,
  useSignUpMutation,
  useUpdateMeMutation,
} from '../../api/identity.ts';
import { type ApiProblem, toApiProblem } from '../../api/problem.ts';
import { useLanguage } from '../../i18n/useLanguage.ts';
import { useAppDispatch } from '../../store/store.ts';
import type { SignUpFields } from './fields.ts';

/** Makes the account, then keeps the consents and the language with it; only then `me` is asked for. */
export function useSignUp() {
  const [language] = useLanguage();
  const dispatch = useAppDispatch();
  const { data: options } = useAuthOptionsQuery();
  const [signUp] = useSignUpMutation();
  const [putConsents] = usePutConsentsMutation();
  const [updateMe] = useUpdateMeMutation();
  const [problem, setProblem] = useState<ApiProblem>();
  const [isPending, setPending] = useState(false);
  const [isSent, setSent] = useState(false);

  const submit = async ({ name, email, password }: SignUpFields) => {
    setPending(true);
    setProblem(undefined);
    try {
      const { user } = await signUp({ name: name.trim(), email: email.trim(), password }).unwrap();
      if (user === null) return setSent(true); // the address has to be confirmed first
      // The account exists now. What fails from here on is asked for again later.
      if (options) await putConsents(options.documents);
      await updateMe({ locale: language });
      dispatch(api.util.invalidateTags(['Me', 'Servers', 'Subscriptions']));
    } catch (thrown) {
      setProblem(toApiProblem(thrown));
      setPending(false);
    }
  };
  return { submit, problem, isPending, isSent };
}
