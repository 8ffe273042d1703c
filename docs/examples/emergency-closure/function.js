// Emergency closure: one switch that closes the line, and opens it again by itself.
//
// Place it first in the callflow. To close, set `closed` and `until` and store the function again.

var closed = true;
var until = '2026-12-01 07:00'; // in the account's time zone; '' for until further notice
var announcement = 'Because of the weather we are closed today. In urgent cases, please stay on the line.';
var urgent = '00000000000000000000000000000009'; // the callflow for urgent cases; '' to hang up instead

function two(number) {
  return (number < 10 ? '0' : '') + number;
}

var now = new Date();
var moment = now.getFullYear() + '-' + two(now.getMonth() + 1) + '-' + two(now.getDate()) +
  ' ' + two(now.getHours()) + ':' + two(now.getMinutes());

if (!closed || (until && moment >= until)) {
  return {module: 'noop', data: {}}; // open: the callflow goes on below this function
}

// Ends the call whatever stands below this function.
var end = {module: 'hangup', data: {}};
var next = urgent ? {module: 'callflow', data: {id: urgent}, children: {_: end}} : end;
return {module: 'tts', data: {text: announcement}, children: {_: next}};
