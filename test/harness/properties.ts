import fc from 'fast-check';

/** The suite draws the same values each time, so that a commit that passes goes on passing; `npm run test:properties` draws others. */
const SEED = 20_261_101;

const given = process.env['PROPERTY_SEED'];
if (given !== undefined && !/^-?\d{1,10}$/.test(given)) throw new Error(`PROPERTY_SEED is ${given}: give an integer of 32 bits`);
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: given === undefined ? SEED : Number(given) });
