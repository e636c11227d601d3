import type { Browser, BrowserContext } from 'playwright-core';
import { Person } from '../person.ts';
import type { Product } from '../product.ts';
import { openContext, type Screen } from './chromium.ts';

/** Somebody with an account who has accepted the documents, made without the pages that do it. */
export async function newcomer(product: Product, name?: string): Promise<Person> {
  const person = new Person(product.url);
  await person.signUp(name);
  await accept(person);
  return person;
}

/** Accepts the documents, as the app asks everybody to at first. */
export async function accept(person: Person): Promise<void> {
  await person.identity.putConsents({ body: (await person.identity.authOptions({})).documents });
}

/** A browser in which a person is signed in. */
export async function openAs(
  browser: Browser,
  screen: Screen,
  product: Product,
  person: Person,
  more: { ignoreHTTPSErrors?: boolean } = {},
): Promise<BrowserContext> {
  const context = await openContext(browser, screen, product.url, more);
  const cookies = person.cookie.split('; ').map((pair) => {
    const equals = pair.indexOf('=');
    return { name: pair.slice(0, equals), value: pair.slice(equals + 1), url: product.url };
  });
  await context.addCookies(cookies);
  return context;
}
