import type { HandlerInput, linksApi } from '@ptsdly/contract';
import { hashPassword } from '../opening/password.ts';
import type { Limits } from './link.ts';

type LimitFields = HandlerInput<typeof linksApi.updateLink>['body'];

const ms = (timestamp: string | null) => (timestamp === null ? null : Date.parse(timestamp));

/** The limits that a body names, as they are stored; what it leaves out stays out. */
export async function readLimits(body: LimitFields): Promise<Partial<Limits>> {
  const { opensAt, expiresAt, password, maxViews, startAt, endAt, allowDownload, label } = body;
  const named = {
    opensAt: opensAt === undefined ? undefined : ms(opensAt),
    expiresAt: expiresAt === undefined ? undefined : ms(expiresAt),
    password: typeof password === 'string' ? await hashPassword(password) : password,
    maxViews,
    startAt,
    endAt,
    allowDownload,
    label,
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

/** A link without limits. */
export const noLimits: Limits = {
  opensAt: null,
  expiresAt: null,
  maxViews: null,
  password: null,
  startAt: null,
  endAt: null,
  allowDownload: false,
  label: null,
};
