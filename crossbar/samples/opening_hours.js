// Put the id of the callflow that rings your phones here.
var openCallflow = '00000000000000000000000000000000';

var now = new Date(); // in the account's time zone
var weekday = now.getDay() >= 1 && now.getDay() <= 5;
var officeHour = now.getHours() >= 9 && now.getHours() < 17;

if (weekday && officeHour) {
  return {'module': 'callflow', 'data': {'id': openCallflow}};
}
return {
  'module': 'tts',
  'data': {'text': 'We are closed. Please call again on a weekday between nine and five.'},
  'children': {'_': {'module': 'hangup', 'data': {}}}
};
