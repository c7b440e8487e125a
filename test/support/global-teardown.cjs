module.exports = require('./global-setup.cjs').stopServices;
