export interface Words {
  readonly subject: string;
  readonly text: string;
  /** On the button, where there is a link. */
  readonly action?: string;
}

export type Locale = 'ko' | 'en';
