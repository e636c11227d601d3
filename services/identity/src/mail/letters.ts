import { billingLetter } from '@ptsdly/contract';
import { billingEn, billingKo } from './billing-letters.ts';
import type { Mail } from './mailer.ts';
import type { Locale, Words } from './words.ts';

/** Letters of which a person can be sent. Those in `linked` carry a link with a token. */
export const letterKinds = [
  'verify-email',
  'reset-password',
  'change-email',
  'account-exists',
  'email-changed',
  'password-changed',
  'new-sign-in',
  'security-changed',
  'account-deleted',
  ...billingLetter.options,
] as const;
export type LetterKind = (typeof letterKinds)[number];

const ko: Record<LetterKind, Words> = {
  ...billingKo,
  'verify-email': {
    subject: '이메일 주소를 확인해 주세요',
    text: '아래 단추를 눌러 이 주소가 본인의 것인지 확인해 주세요. 링크는 24시간 동안 쓸 수 있어요. 가입한 적이 없다면 이 메일은 그냥 지우셔도 돼요.',
    action: '이메일 확인하기',
  },
  'reset-password': {
    subject: '비밀번호 다시 정하기',
    text: '아래 단추를 눌러 새 비밀번호를 정해 주세요. 링크는 1시간 동안, 한 번만 쓸 수 있어요. 요청한 적이 없다면 그냥 두셔도 비밀번호는 바뀌지 않아요.',
    action: '새 비밀번호 정하기',
  },
  'change-email': {
    subject: '새 이메일 주소를 확인해 주세요',
    text: '이 주소를 계정의 새 이메일로 쓰려면 아래 단추를 눌러 주세요. 링크는 24시간 동안 쓸 수 있어요.',
    action: '새 주소 확인하기',
  },
  'account-exists': {
    subject: '이미 가입되어 있어요',
    text: '누군가 이 주소로 다시 가입하려고 했어요. 본인이라면 바로 로그인하거나 비밀번호를 다시 정할 수 있어요. 아니라면 아무것도 하지 않으셔도 돼요.',
    action: '로그인하기',
  },
  'email-changed': {
    subject: '계정의 이메일 주소가 바뀌었어요',
    text: '이제 다른 주소로 로그인해요. 본인이 바꾸지 않았다면 바로 운영자에게 알려 주세요.',
  },
  'password-changed': {
    subject: '비밀번호가 바뀌었어요',
    text: '다른 기기는 모두 로그아웃되었어요. 본인이 바꾸지 않았다면 지금 비밀번호를 다시 정해 주세요.',
    action: '비밀번호 다시 정하기',
  },
  'new-sign-in': {
    subject: '새 기기에서 로그인했어요',
    text: '{device}에서 로그인했어요({time}). 본인이 아니라면 비밀번호를 바꾸고 다른 기기를 모두 로그아웃해 주세요.',
    action: '로그인한 기기 보기',
  },
  'security-changed': {
    subject: '로그인 방법이 바뀌었어요',
    text: '계정의 로그인 방법이 바뀌었어요: {what}. 본인이 아니라면 비밀번호를 바꾸고 다른 기기를 모두 로그아웃해 주세요.',
    action: '내 정보 보기',
  },
  'account-deleted': {
    subject: '계정을 지웠어요',
    text: '계정과 서버, 영상, 링크를 지우고 있어요. 아래에서 지워진 것의 목록을 볼 수 있어요.',
    action: '삭제 확인서 보기',
  },
};

const en: Record<LetterKind, Words> = {
  ...billingEn,
  'verify-email': {
    subject: 'Please confirm your e-mail address',
    text: 'Press the button to confirm that this address is yours. The link works for 24 hours. If you did not sign up, you can delete this mail.',
    action: 'Confirm the address',
  },
  'reset-password': {
    subject: 'Choose a new password',
    text: 'Press the button to choose a new password. The link works once, for an hour. If you did not ask for it, do nothing: your password stays as it is.',
    action: 'Choose a new password',
  },
  'change-email': {
    subject: 'Please confirm your new e-mail address',
    text: 'Press the button to use this address for your account. The link works for 24 hours.',
    action: 'Confirm the new address',
  },
  'account-exists': {
    subject: 'You already have an account',
    text: 'Somebody tried to sign up again with this address. If it was you, sign in or choose a new password. If not, there is nothing to do.',
    action: 'Sign in',
  },
  'email-changed': {
    subject: 'The e-mail address of your account has changed',
    text: 'You sign in with another address from now on. If it was not you, please tell the operator at once.',
  },
  'password-changed': {
    subject: 'Your password has changed',
    text: 'All other devices were signed out. If it was not you, choose a new password now.',
    action: 'Choose a new password',
  },
  'new-sign-in': {
    subject: 'A sign-in on a new device',
    text: 'Somebody signed in on {device} ({time}). If it was not you, change your password and sign out all other devices.',
    action: 'See my devices',
  },
  'security-changed': {
    subject: 'The ways to sign in have changed',
    text: 'The ways to sign in to your account have changed: {what}. If it was not you, change your password and sign out all other devices.',
    action: 'See my page',
  },
  'account-deleted': {
    subject: 'Your account was deleted',
    text: 'Your account, server, videos and links are being removed. The receipt lists what has gone.',
    action: 'See the receipt',
  },
};

/** A letter in a person's language, as plain text and as HTML without pictures or scripts. */
export function writeLetter(kind: LetterKind, { to, locale, link, values = {} }: LetterOptions): Mail {
  const words = (locale === 'en' ? en : ko)[kind];
  const body = words.text.replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
  const text = `${body}\n${link ? `\n${link}\n` : ''}\nPTSD.ly\n`;
  const button = link
    ? `<p><a href="${html(link)}" style="${BUTTON}">${html(words.action ?? '')}</a></p>`
    : '';
  const page = `<!doctype html><html lang="${locale}"><body style="${PAGE}"><p>${html(body)}</p>${button}<p>PTSD.ly</p></body></html>`;
  return { to, subject: `[PTSD.ly] ${words.subject}`, text, html: page };
}

interface LetterOptions {
  readonly to: string;
  readonly locale: Locale;
  readonly link?: string | undefined;
  readonly values?: Readonly<Record<string, string>>;
}

const PAGE = 'font-family:sans-serif;font-size:16px;line-height:1.6;color:#2a1c2e;max-width:34rem';
const BUTTON =
  'display:inline-block;padding:12px 20px;border-radius:12px;background:#3a2340;color:#fdf6f2;text-decoration:none';

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const html = (text: string) => text.replace(/[&<>"]/g, (sign) => ENTITIES[sign] as string);
