// 64 KB of JSON in, as a web shop hands its order over with the call, and 64 KB out.
var order = JSON.parse(call['Custom-Application-Vars[order]']), total = 0, i;
for (i = 0; i < order.items.length; i++) { total += order.items[i].price; }
order.total = total;
return {module: 'set_variables', data: {custom_application_vars: {order: JSON.stringify(order)}}};
