/** What came with a request, and where the cookies of the answer go. */
export interface Visit {
  readonly request: Request;
  readonly headers: Headers;
}
