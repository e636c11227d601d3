import type { BillingLetter, DeclineCode } from '@ptsdly/contract';
import type { Locale, Words } from './words.ts';

/** What subscriptions writes about; `{name}` is put in from the values, as `billingValues` writes them. */
export const billingKo: Record<BillingLetter, Words> = {
  'payment-receipt': {
    subject: '결제가 완료됐어요',
    text: '{amount}을 {method}(으)로 결제했어요. 영수증은 내 구독에서 볼 수 있어요.',
    action: '내 구독 보기',
  },
  'payment-failed': {
    subject: '결제하지 못했어요',
    text: '{amount} 결제가 거절됐어요({reason}). {retry} 결제가 되지 않으면 {stopsAt}에 서버가 멈춰요. 영상은 지워지지 않아요.',
    action: '결제 수단 확인하기',
  },
  'subscription-suspended': {
    subject: '서버가 멈췄어요',
    text: '{reason} 영상은 그대로 있어요. 내 구독에서 무엇을 할 수 있는지 확인해 주세요.',
    action: '내 구독 보기',
  },
  'subscription-ended': {
    subject: '구독이 끝났어요',
    text: '서버가 멈췄어요. 영상은 {purgeAt}까지 보관해요. 그때까지 다시 시작하거나 모두 내려받을 수 있어요.',
    action: '내 구독 보기',
  },
  'trial-ending': {
    subject: '무료 체험이 곧 끝나요',
    text: '{endsAt}에 무료 체험이 끝나고 첫 결제가 이루어져요. 계속 쓰지 않으려면 그 전에 해지해 주세요.',
    action: '내 구독 보기',
  },
  'data-removal': {
    subject: '곧 영상이 지워져요',
    text: '{purgeAt}에 서버의 영상을 모두 지워요. 되돌릴 수 없으니 필요한 영상은 그 전에 내려받아 주세요.',
    action: '내려받기',
  },
};

export const billingEn: Record<BillingLetter, Words> = {
  'payment-receipt': {
    subject: 'Your payment has arrived',
    text: 'We charged {amount} to {method}. The receipt is on the page of your subscription.',
    action: 'See my subscription',
  },
  'payment-failed': {
    subject: 'Your payment did not go through',
    text: 'The charge of {amount} was declined ({reason}). {retry} If it cannot be paid, the server stops on {stopsAt}. No video is removed.',
    action: 'Check the payment method',
  },
  'subscription-suspended': {
    subject: 'Your server has stopped',
    text: '{reason} Your videos are still there. The page of your subscription says what you can do.',
    action: 'See my subscription',
  },
  'subscription-ended': {
    subject: 'Your subscription has ended',
    text: 'The server has stopped. Your videos are kept until {purgeAt}; until then you can start again or download everything.',
    action: 'See my subscription',
  },
  'trial-ending': {
    subject: 'Your trial ends soon',
    text: 'The trial ends on {endsAt}, and the first charge is made. Cancel before that if you do not want to go on.',
    action: 'See my subscription',
  },
  'data-removal': {
    subject: 'Your videos are removed soon',
    text: 'On {purgeAt} all videos of the server are removed. This cannot be undone: download what you need before that.',
    action: 'Download',
  },
};

const declines: Record<Locale, Record<DeclineCode, string>> = {
  ko: {
    insufficient_funds: '잔액 부족',
    expired_method: '유효기간이 지난 카드',
    limit_exceeded: '한도 초과',
    authentication_needed: '본인 확인 필요',
    method_gone: '결제 수단 없음',
    not_allowed: '쓸 수 없는 카드',
    declined: '카드사 거절',
  },
  en: {
    insufficient_funds: 'not enough money',
    expired_method: 'the card has expired',
    limit_exceeded: 'over the limit',
    authentication_needed: 'the bank wants to ask you',
    method_gone: 'no payment method',
    not_allowed: 'the card cannot be used',
    declined: 'declined by the bank',
  },
};

const sentences = {
  ko: {
    retry: (at: string) => `${at}에 다시 시도해요.`,
    noRetry: '다른 결제 수단을 등록하면 바로 다시 결제해요.',
    unpaid: '결제가 되지 않아 서버가 멈췄어요.',
    operator: (why: string) => `운영자가 서버를 멈췄어요(${why}).`,
  },
  en: {
    retry: (at: string) => `We try again on ${at}.`,
    noRetry: 'Another payment method is charged at once.',
    unpaid: 'It could not be paid, so the server has stopped.',
    operator: (why: string) => `The operator has stopped it (${why}).`,
  },
} as const;

/** What a letter says of facts: times and money as people write them where they live, codes in words. */
export function billingValues(
  kind: BillingLetter,
  facts: Readonly<Record<string, string>>,
  locale: Locale,
): Record<string, string> {
  const words = sentences[locale];
  const day = (iso: string | undefined) =>
    iso
      ? new Intl.DateTimeFormat(locale, {
          dateStyle: 'long',
          timeZone: facts.timeZone ?? 'Asia/Seoul',
        }).format(new Date(iso))
      : '';
  const reason = {
    'payment-failed': () => declines[locale][facts.code as DeclineCode] ?? declines[locale].declined,
    'subscription-suspended': () => (facts.reason ? words.operator(facts.reason) : words.unpaid),
  };
  return {
    amount: facts.amount && facts.currency ? money(Number(facts.amount), facts.currency, locale) : '',
    method: facts.method ?? '',
    reason: kind in reason ? reason[kind as keyof typeof reason]() : '',
    retry: facts.retryAt ? words.retry(day(facts.retryAt)) : words.noRetry,
    stopsAt: day(facts.stopsAt),
    purgeAt: day(facts.purgeAt),
    endsAt: day(facts.endsAt),
  };
}

/** From minor units, of which the currency says how many there are. */
function money(amount: number, currency: string, locale: Locale): string {
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 0));
}
