// Opening hours with holidays, in the account's time zone.
//
// While you are open, nothing happens here and the callflow goes on below this function: ring your phones there.
// Otherwise callers hear when you are open, and the call ends.

// Day of the week, 0 is Sunday: from and until, 24-hour clock. A day that is not listed is closed.
var hours = {
  1: ['09:00', '17:00'],
  2: ['09:00', '17:00'],
  3: ['09:00', '17:00'],
  4: ['09:00', '17:00'],
  5: ['09:00', '13:00']
};

// Closed all day: once, or every year on that day.
var holidays = ['2027-03-26', '2027-03-29', 'every-01-01', 'every-12-25', 'every-12-26'];

var announcement = 'We are closed. We are here from Monday to Thursday, nine to five, and on Friday until one.';

function two(number) {
  return (number < 10 ? '0' : '') + number;
}

var now = new Date();
var day = two(now.getMonth() + 1) + '-' + two(now.getDate());
var time = two(now.getHours()) + ':' + two(now.getMinutes());
var holiday = holidays.indexOf(now.getFullYear() + '-' + day) >= 0 || holidays.indexOf('every-' + day) >= 0;
var today = hours[now.getDay()];

if (today && !holiday && time >= today[0] && time < today[1]) {
  return {module: 'noop', data: {}};
}
return {module: 'tts', data: {text: announcement}, children: {_: {module: 'hangup', data: {}}}};
