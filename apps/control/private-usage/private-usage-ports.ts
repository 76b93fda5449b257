import { type PrivacyBudget } from '#libs/store/privacy/privacy-budget';

export const PRIVACY_BUDGET = Symbol('PrivacyBudget');
export const NOISE_KEY = Symbol('NoiseKey');

export type PrivacyBudgetPort = Pick<PrivacyBudget, 'spend'>;
