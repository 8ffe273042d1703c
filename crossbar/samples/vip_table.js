// Number of the caller: id of the user who looks after them.
var contacts = {
  '4158867900': '00000000000000000000000000000001',
  '+4930123456': '00000000000000000000000000000002'
};

var contact = contacts.hasOwnProperty(call['Caller-ID-Number']) && contacts[call['Caller-ID-Number']];
if (contact) {
  return {
    'module': 'user',
    'data': {'id': contact, 'timeout': 20},
    'children': {'_': {'module': 'tts', 'data': {'text': 'Your contact is busy. One moment, please.'}}}
  };
}
// Nobody special: do nothing, and the callflow goes on behind this function.
return {'module': 'noop', 'data': {}};
