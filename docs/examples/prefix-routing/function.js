// Prefix routing: the longest prefix of the caller's number chooses the callflow that takes the call.

// Prefix: id of a callflow. Put the ids of your callflows here. '+' alone takes every other caller.
var routes = {
  '+1': '00000000000000000000000000000001',
  '+1415': '00000000000000000000000000000002',
  '+49': '00000000000000000000000000000003'
};

var number = call['Caller-ID-Number'] || '';
if (number && number.charAt(0) !== '+') number = '+' + number;

for (var length = number.length; length > 0; length--) {
  var prefix = number.substring(0, length);
  if (Object.prototype.hasOwnProperty.call(routes, prefix)) {
    return {module: 'callflow', data: {id: routes[prefix]}};
  }
}
// No prefix fits, or the caller shows no number: the callflow goes on below this function.
return {module: 'noop', data: {}};
