// Callback queue: callers who pressed 1 are called back instead of waiting.
//
// The callflow asks and collects the key, then runs this function. Whoever pressed 1 and shows a number is put on the
// list of your web server; everybody else goes on with the callflow, to the queue.

var server = 'https://callbacks.example.com/requests'; // takes a POST for each request

var number = call['Caller-ID-Number'] || '';
if (call['Digits[callback]'] !== '1') { // collected by collect_dtmf under the name callback
  return {module: 'noop', data: {}};
}
if (!/^\+?[0-9]{7,15}$/.test(number)) {
  return {module: 'tts', data: {text: 'Your number is hidden, so we cannot call you back. Please hold the line.'}};
}
return {
  module: 'webhook',
  data: {
    uri: server,
    http_verb: 'post',
    retries: 3,
    custom_data: {callback_number: number, callback_name: call['Caller-ID-Name'] || '', dialled: call['To'] || ''}
  },
  children: {
    _: {
      module: 'tts',
      data: {text: 'Thank you. We call you back as soon as it is your turn.'},
      children: {_: {module: 'hangup', data: {}}}
    }
  }
};
