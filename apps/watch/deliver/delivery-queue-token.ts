export const DELIVERY_QUEUE = Symbol('DeliveryQueue');
