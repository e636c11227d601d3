import type { Checkout, DeclineCode, PaymentProvider, PaymentWay } from '@ptsdly/contract';
import type { Logger } from '@ptsdly/kit';

/** A payment method is to be given, by the owner of a subscription and at the provider. */
export interface CheckoutOrder {
  readonly subscriptionId: string;
  /** The provider's name for this customer, where there is one already. */
  readonly customer: string | null;
  /** Counts the checkouts of a subscription: the same number names the same checkout. */
  readonly number: number;
  readonly way: PaymentWay | undefined;
  /** Whether one is there already and another is to take its place. */
  readonly replaces: boolean;
}

export interface CheckoutBegun {
  readonly checkout: Checkout;
  readonly customer: string | null;
  /** What `method` is asked with while nobody has come back; null where only the browser learns it. */
  readonly reference: string | null;
}

/** A way to charge somebody, kept at the provider. */
export interface PaymentMethod {
  /** The provider's name for it. */
  readonly key: string;
  /** Whose it is, as the provider was told at the checkout. */
  readonly subscriptionId: string;
  readonly customer: string | null;
  /** As its owner knows it: `Visa •••• 4242`. */
  readonly label: string;
}

export interface ChargeOrder {
  /** Chosen by us and never used for anything else: asking twice charges once. */
  readonly id: string;
  readonly subscriptionId: string;
  readonly customer: string | null;
  readonly method: string;
  readonly amount: number;
  readonly currency: string;
  /** On the statement and in the provider's list. */
  readonly name: string;
  /** ISO 8601. */
  readonly createdAt: string;
}

export type ChargeResult =
  | { readonly state: 'paid'; readonly receiptUrl: string | null; readonly refunded: number }
  | { readonly state: 'declined'; readonly code: DeclineCode }
  | { readonly state: 'pending' };

/** What a provider tells by itself. It only says where to look: the truth is asked of the provider. */
export interface PaymentEvent {
  readonly id: string;
  readonly about: 'charge' | 'method';
  /** The id of the charge, or the reference of the checkout. */
  readonly subject: string;
}

/**
 * Where money comes from. The calendar, invoices and retries are ours; a provider keeps payment methods and charges
 * them. Whatever is thrown means that the outcome is unknown, and is asked again with the same id.
 */
export interface Payments {
  readonly name: PaymentProvider;
  readonly ways: readonly PaymentWay[];
  /** Begins to ask for a payment method. */
  checkout(order: CheckoutOrder): Promise<CheckoutBegun>;
  /**
   * The method that came of a checkout; null while it is under way. Rejects with `payment_method_refused` when nothing
   * came of it.
   */
  method(reference: string): Promise<PaymentMethod | null>;
  /** Charges once for an id, however often it is asked. */
  charge(order: ChargeOrder): Promise<ChargeResult>;
  /** What became of a charge; null when the provider has never heard of it. */
  lookup(order: ChargeOrder): Promise<ChargeResult | null>;
  /** Reads an event; null where it is of no interest. Rejects with `bad_request` when the provider did not sign it. */
  receive(headers: Headers, body: string): Promise<PaymentEvent | null>;
  /** Gives a method up. Nothing to do is success. */
  forget(method: string): Promise<void>;
}

export interface PaymentsOptions {
  /** Secret of the provider's API. */
  readonly key?: string | undefined;
  /** Secret of its webhooks. */
  readonly webhookSecret?: string | undefined;
  /** Public address of the product, for the ways back. */
  readonly baseUrl: string;
  readonly log: Logger;
}
