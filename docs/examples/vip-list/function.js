// VIP list: known callers ring their contact at once, everybody else goes on with the callflow.

// Number of the caller as +E.164: the user who looks after them. Put the ids of your users here.
var contacts = {
  '+14158867900': '00000000000000000000000000000001',
  '+4930123456': '00000000000000000000000000000002'
};

// How many seconds the contact's phones ring before the callflow goes on.
var patience = 20;

// Carriers write numbers differently: with +, with 00 or 011, or, in North America, as ten or eleven digits.
function international(number) {
  number = number.replace(/[^0-9+]/g, '');
  if (number.charAt(0) === '+') return number;
  if (number.indexOf('011') === 0) return '+' + number.substring(3);
  if (number.indexOf('00') === 0) return '+' + number.substring(2);
  if (number.length === 10) return '+1' + number;
  return '+' + number;
}

var caller = international(call['Caller-ID-Number'] || '');
if (Object.prototype.hasOwnProperty.call(contacts, caller)) {
  return {module: 'user', data: {id: contacts[caller], timeout: patience}};
}
return {module: 'noop', data: {}};
