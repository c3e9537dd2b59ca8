// The script of the next deploy: the same function, elsewhere.
const build = 2;
const shop = {
  refund: () => build,
  pay: function pay(order) {
    throw new TypeError('order ' + order + ' failed');
  },
};
