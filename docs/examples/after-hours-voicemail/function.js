// After-hours voicemail: at night and on weekends each number has its own mailbox.
//
// During the day the callflow goes on below this function.

// The number that was called: its mailbox. Put the ids of your mailboxes here.
var mailboxes = {
  '1001': '00000000000000000000000000000011', // sales
  '1002': '00000000000000000000000000000012' // support
};
var otherMailbox = '00000000000000000000000000000010';

var opens = 8; // o'clock, in the account's time zone
var closes = 18;

var now = new Date();
var weekend = now.getDay() === 0 || now.getDay() === 6;
if (!weekend && now.getHours() >= opens && now.getHours() < closes) {
  return {module: 'noop', data: {}};
}

var called = call['Request'] || call['To'] || '';
var mailbox = Object.prototype.hasOwnProperty.call(mailboxes, called) ? mailboxes[called] : otherMailbox;
return {
  module: 'tts',
  data: {text: 'Nobody is here at the moment. Please leave a message after the tone.'},
  children: {
    _: {
      module: 'voicemail',
      data: {action: 'compose', id: mailbox},
      children: {_: {module: 'hangup', data: {}}}
    }
  }
};
