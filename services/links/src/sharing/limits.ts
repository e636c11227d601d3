import type { HandlerInput, linksApi } from '@ptsdly/contract';
import { hashPassword } from '../opening/password.ts';
import type { Limits } from './link.ts';

type LimitFields = HandlerInput<typeof linksApi.updateLink>['body'];

const ms = (timestamp: string | null) => (timestamp === null ? null : Date.parse(timestamp));

/** The limits that a body names, as they are stored; what it leaves out stays out. */
export async function readLimits(body: LimitFields): Promise<Partial<Limits>> {
  const { opensAt, expiresAt, password, embedOrigins, ...asGiven } = body;
  const named = {
    ...limitsAsGiven(asGiven),
    opensAt: opensAt === undefined ? undefined : ms(opensAt),
    expiresAt: expiresAt === undefined ? undefined : ms(expiresAt),
    password: typeof password === 'string' ? await hashPassword(password) : password,
    embedOrigins: embedOrigins && [...new Set(embedOrigins)],
  };
  return Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined));
}

/** What is stored as it was said; a body has more in it than limits. */
const limitsAsGiven = ({
  maxViews,
  startAt,
  endAt,
  speed,
  allowDownload,
  recipient,
  label,
}: LimitFields) => ({
  maxViews,
  startAt,
  endAt,
  speed,
  allowDownload,
  recipient,
  label,
});

/** A link without limits. */
export const noLimits: Limits = {
  opensAt: null,
  expiresAt: null,
  maxViews: null,
  password: null,
  startAt: null,
  endAt: null,
  speed: null,
  allowDownload: false,
  embedOrigins: null,
  recipient: null,
  label: null,
};
