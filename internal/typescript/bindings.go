package typescript

// inNamespace is what the types of bindings are in the namespace; see docs/bindings.md.
const inNamespace = `  /** What this run is. */
  interface Run {
    readonly id: string;
    /** Empty for a draft. */
    readonly function: string;
    readonly account: string;
    readonly origin: 'call' | 'rehearsal' | 'api';
    /** Number of who calls; empty when not known. */
    readonly caller: string;
    readonly depth: number;
    readonly attempt: number;
    /** What is left of the function's own time, in ms; waiting is no part of it. */
    remaining_ms(): number;
  }

  /** Why a call of kv failed, as the reason of a KvError. */
  type KvReason = 'conflict' | 'too_large' | 'quota' | 'not_a_number' | 'unavailable' | 'budget' | 'bad_key';

  /** Key-value storage of one namespace. A ttl is in seconds. Each call may throw a KvError. */
  interface Keys {
    get(key: string): any;
    entry(key: string): { value: any; version: number; expires: number | null } | null;
    /** Gives the new version. With ifVersion: 0 it only makes a new key. */
    set(key: string, value: any, options?: { ttl?: number; ifVersion?: number }): number;
    /** Gives the number after. The ttl counts from when the key was made. */
    incr(key: string, by?: number, options?: { ttl?: number }): number;
    /** Tells whether the key was there. */
    delete(key: string, options?: { ifVersion?: number }): boolean;
    list(prefix?: string, options?: { limit?: number; after?: string }): { keys: string[]; more: boolean };
  }
  interface KV extends Keys {
    /** Keys of this function alone. */
    readonly own: Keys;
  }

  /** Why a request failed, as the reason of an HttpError. */
  type HttpReason = 'timeout' | 'refused_address' | 'host_not_declared' | 'dns' | 'connect' | 'tls' | 'redirects' |
    'too_large' | 'budget' | 'circuit_open' | 'not_scripted';

  interface HttpAnswer {
    readonly status: number;
    /** Names are in lower case. */
    readonly headers: { readonly [name: string]: string };
    readonly body: string;
    /** The host did not answer: this is what it answered within the last hour. */
    readonly stale?: boolean;
    /** Secrets whose handle was sent, since they may not go to the host. */
    readonly secrets_withheld?: readonly string[];
    json(): any;
  }
  interface HttpOptions {
    headers?: { [name: string]: string };
    timeout_ms?: number;
    auth?: { user: string; password: string };
  }
  /** Each call may throw an HttpError. Every status is an answer. */
  interface Http {
    /** With cache, an answer of status 200 is good for so many seconds. */
    get(url: string, options?: HttpOptions & { cache?: number }): HttpAnswer;
    /** An object is sent as JSON. */
    post(url: string, body?: any, options?: HttpOptions & { type?: string; idempotent?: boolean }): HttpAnswer;
    /** Asks all at once. One that fails is an Error in its place. */
    all(requests: Array<string | { url: string; method?: string; body?: any; [option: string]: any }>):
      Array<HttpAnswer | Error>;
  }

  /** Handles of secrets, which callfn replaces on their way out. */
  type Secrets = { readonly [name: string]: string } & {
    hmac(name: string, hash: 'sha256' | 'sha512' | 'sha1', text: string, form?: 'hex' | 'base64'): string;
    reveal(name: string): string;
  };

  /** Why a call of phone, holidays or hours failed, as the reason of a StdError. */
  type StdReason = 'bad_region' | 'bad_country' | 'bad_year' | 'bad_hours' | 'bad_zone' | 'bad_time' | 'budget';

  interface PhoneNumber {
    readonly e164: string;
    readonly national: string;
    readonly international: string;
    readonly country_code: number;
    /** ISO 3166 code; empty for a number of no country. */
    readonly region: string;
    readonly type: 'fixed_line' | 'mobile' | 'fixed_line_or_mobile' | 'toll_free' | 'premium_rate' | 'shared_cost' |
      'voip' | 'personal_number' | 'pager' | 'uan' | 'voicemail' | 'unknown';
    readonly possible: boolean;
    readonly valid: boolean;
  }
  interface Holiday {
    /** Such as 2026-12-25. */
    readonly date: string;
    readonly name: string;
    /** A day off in place of a holiday at a weekend. */
    readonly substitute: boolean;
  }
  /** Spans of a day, such as '09:00-12:00, 13:00-17:00' and '22:00-02:00'. */
  type Spans = string | string[] | null;
  interface Week {
    mon?: Spans; tue?: Spans; wed?: Spans; thu?: Spans; fri?: Spans; sat?: Spans; sun?: Spans;
    /** Countries and states whose public holidays are closed, such as DE-BY. */
    holidays?: string | string[];
    /** Further dates, such as 2026-12-24. */
    closed?: string | string[];
    /** The call's without one. */
    zone?: string;
  }
`

// atTheTop declares the names of bindings. A function has those that its document declares.
const atTheTop = `
/** Constants of the document: for functions that declare bindings.env. */
declare const env: { readonly [name: string]: string | undefined };

/** This run: for functions that declare any bindings. */
declare const run: callfn.Run;

/** Key-value storage: for functions that declare bindings.kv. */
declare const kv: callfn.KV;

/** Requests to hosts: for functions that declare bindings.http. */
declare const http: callfn.Http;

/** Secrets of the account: for functions that declare bindings.secrets. */
declare const secrets: callfn.Secrets;

/** Telephone numbers: for functions that declare bindings.std. */
declare const phone: {
  /** Null for a text that is no number. The region, such as DE, is where the number is dialled. */
  parse(number: string | null | undefined, region: string): callfn.PhoneNumber | null;
};

/** Public holidays: for functions that declare bindings.std. */
declare const holidays: {
  /** In their order. A year that is not known is an error. */
  of(country: string, year: number): callfn.Holiday[];
};

/** Opening hours: for functions that declare bindings.std. */
declare const hours: {
  /** At a moment, now without one: a Date, its milliseconds, or a text with an offset. */
  open(week: callfn.Week, at?: Date | number | string | null): boolean;
};

/** What a call of a binding throws. */
interface Error {
  /** Of the closed set of its binding; docs/bindings.md lists them. */
  reason?: string;
}
`
