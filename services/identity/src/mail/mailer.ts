export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Where letters go. Rejects when a letter could not be handed over; it is tried again. */
export interface Mailer {
  send(mail: Mail): Promise<void>;
  close(): void;
}
