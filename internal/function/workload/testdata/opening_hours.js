// Opening hours by weekday, holidays, and a lunch break, in the account's time zone.
var hours = {
  1: [['08:00', '12:00'], ['13:00', '18:00']],
  2: [['08:00', '12:00'], ['13:00', '18:00']],
  3: [['08:00', '12:00'], ['13:00', '18:00']],
  4: [['08:00', '12:00'], ['13:00', '20:00']],
  5: [['08:00', '12:00'], ['13:00', '17:00']],
  6: [['09:00', '12:30']]
};
var holidays = {'01-01': 'New Year', '05-01': 'May Day', '12-25': 'Christmas', '12-26': 'Boxing Day'};

function two(n) { return n < 10 ? '0' + n : '' + n; }

var now = new Date(), day = two(now.getMonth() + 1) + '-' + two(now.getDate());
var time = two(now.getHours()) + ':' + two(now.getMinutes());
var open = (hours[now.getDay()] || []).some(function (span) { return span[0] <= time && time < span[1]; });
if (holidays[day]) { return {module: 'tts', data: {text: 'We are closed: it is ' + holidays[day]}}; }
if (!open) { return {module: 'tts', data: {text: 'We are closed. Please call again on a weekday.'}}; }
return {module: 'tts', data: {text: 'Good day, we are open until ' + hours[now.getDay()].slice(-1)[0][1]}};
