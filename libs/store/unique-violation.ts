/** SQLSTATE of a value that another row has already. */
const UNIQUE_VIOLATION = '23505';

/** Whether a statement failed because another row has the value; TypeORM wraps the driver's error. */
export function isUniqueViolation(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const driver: unknown = 'driverError' in error ? error.driverError : error;
  return driver instanceof Error && 'code' in driver && driver.code === UNIQUE_VIOLATION;
}
