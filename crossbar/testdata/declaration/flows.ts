// What an editor must take, and what it must not: TypeScript complains of a line marked @ts-expect-error that has no error.

const flow = (f: callfn.Flow) => f;

flow({ module: 'tts', data: { text: 'hi' } });
flow({ module: 'tts', data: { text: 'hi', voice: 'male', terminators: ['#'] }, children: { _: { module: 'hangup', data: {} } } });
flow({ module: 'hangup' });
flow({ module: 'response' }); // its code has a default
flow({ module: 'ring_group', data: { endpoints: [{ endpoint_type: 'user', id: 'u' }], strategy: 'single' } });
flow({ module: 'menu', data: { id: 'm' }, children: { '1': { module: 'user', data: { id: 'u' } }, timeout: { module: 'hangup' } } });
flow({ module: 'audio_macro', data: { macros: [{ macro: 'tts', text: 'hi' }, { macro: 'play', id: 'x' }] } });
flow({ module: 'send_dtmf', data: { digits: '1', duration_ms: 2000 } });
flow({ module: 'set_variables', data: { custom_application_vars: { plan: 'gold' } } });
flow({ module: 'conference', data: { config: { name: 'inline' } } });
flow({ module: 'after_bridge', data: { data: true } });

// @ts-expect-error: no such module
flow({ module: 'say', data: {} });
// @ts-expect-error: the text is missing
flow({ module: 'tts', data: {} });
// @ts-expect-error: data is missing, and the text with it
flow({ module: 'tts' });
// @ts-expect-error: a misspelt key
flow({ module: 'tts', data: { text: 'hi', langauge: 'de' } });
// @ts-expect-error: a misspelt key of the node
flow({ modul: 'tts', data: { text: 'hi' } });
// @ts-expect-error: the wrong type
flow({ module: 'tts', data: { text: 5 } });
// @ts-expect-error: none of the values that it may have
flow({ module: 'tts', data: { text: 'hi', engine: 'mine' } });
// @ts-expect-error: data of another module
flow({ module: 'play', data: { text: 'hi' } });
// @ts-expect-error: wrong deep below
flow({ module: 'hangup', children: { _: { module: 'hangup', children: { _: { module: 'sleep', data: { duration: 'long' } } } } } });
// @ts-expect-error: no node
flow({ module: 'hangup', children: { _: 'hangup' } });
// @ts-expect-error: an endpoint needs an id
flow({ module: 'ring_group', data: { endpoints: [{ endpoint_type: 'user' }] } });

const good: callfn.Function = (call) => ({ module: 'tts', data: { text: call['Caller-ID-Name'] } });
const nothing: callfn.Function = () => undefined;
// @ts-expect-error: no flow
const text: callfn.Function = () => 'tts';
// @ts-expect-error: perhaps there are no digits
const perhaps: callfn.Function = (call) => ({ module: 'tts', data: { text: call['Digits'] } });
// @ts-expect-error: perhaps the call has no such header
const header: callfn.Function = (call) => ({ module: 'tts', data: { text: call['Custom-SIP-Headers[X-Plan]'] } });
// @ts-expect-error: a call is not the function's to change
const change: callfn.Function = (call) => { call['To'] = '1000'; };
const custom: string | undefined = call['my-variable'];
log('x', 1, {}); console.warn('x');

// Bindings.
const counted: number = kv.incr('calls', 1, { ttl: 60 }) + kv.own.incr('calls');
const version: number = kv.set('vip', { name: 'Anna' }, { ifVersion: 0 });
const region: string | undefined = env.REGION;
const left: number = run.remaining_ms();
const answer = http.get('https://crm.example.com', { headers: { 'X-Api-Key': secrets.CRM_KEY }, cache: 60 });
const vip: boolean = answer.status === 200 && answer.json().vip;
// @ts-expect-error: the option is ttl
kv.set('vip', 1, { TTL: 60 });
// @ts-expect-error: run cannot be changed
run.depth = 2;
// @ts-expect-error: a constant may be absent
const absent: string = env.REGION;
const number: string | undefined = phone.parse(call['Caller-ID-Number'], 'DE')?.e164;
const days: string[] = holidays.of('DE-BY', 2026).map((day) => day.date);
const open: boolean = hours.open({ mon: '09:00-17:00', sat: null, holidays: ['DE-BY'] }, new Date());
// @ts-expect-error: the region is missing
phone.parse('089 12345678');
// @ts-expect-error: the day is mon
hours.open({ monday: '09:00-17:00' });
