// The script of one deploy.
const shop = { pay: function pay(order) { throw new TypeError('order ' + order + ' failed'); } };
