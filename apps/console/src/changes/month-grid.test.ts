import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dateIn, instantOf, isMonth, localInput, meets, monthGrid, shiftDate, shiftMonth, startOfDay } from './month-grid.ts';

const HOUR_MS = 3_600_000;
// Europe, America, half hours, no change, change at midnight (Beirut, Havana), change by half an hour.
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland', 'Asia/Beirut', 'America/Havana', 'Australia/Lord_Howe', 'Pacific/Kiritimati'];
const hours = (date: string, zone: string): number => (startOfDay(shiftDate(date, 1), zone) - startOfDay(date, zone)) / HOUR_MS;

describe('startOfDay', () => {
  it('is midnight as clocks show it', () => {
    expect(new Date(startOfDay('2026-06-01', 'Europe/Berlin')).toISOString()).toBe('2026-05-31T22:00:00.000Z');
    expect(new Date(startOfDay('2026-01-15', 'America/New_York')).toISOString()).toBe('2026-01-15T05:00:00.000Z');
    expect(new Date(startOfDay('2026-01-15', 'Asia/Kolkata')).toISOString()).toBe('2026-01-14T18:30:00.000Z');
  });

  it('makes days of 23 and 25 hours where clocks change', () => {
    expect([hours('2026-03-29', 'Europe/Berlin'), hours('2026-10-25', 'Europe/Berlin'), hours('2026-03-30', 'Europe/Berlin')]).toEqual([23, 25, 24]);
    expect([hours('2026-03-08', 'America/New_York'), hours('2026-11-01', 'America/New_York')]).toEqual([23, 25]);
    expect([hours('2026-04-05', 'Australia/Lord_Howe'), hours('2026-10-04', 'Australia/Lord_Howe')]).toEqual([24.5, 23.5]);
  });

  it('is one o\'clock where clocks go forward at midnight, and the first midnight where they go back after it', () => {
    const forward = startOfDay('2025-03-30', 'Asia/Beirut');
    expect([dateIn(forward, 'Asia/Beirut'), dateIn(forward - 1, 'Asia/Beirut'), localInput(forward, 'Asia/Beirut')]).toEqual(['2025-03-30', '2025-03-29', '2025-03-30T01:00']);
    expect(hours('2025-03-30', 'Asia/Beirut')).toBe(23);
    const back = startOfDay('2025-11-02', 'America/Havana');
    expect([dateIn(back, 'America/Havana'), dateIn(back - 1, 'America/Havana')]).toEqual(['2025-11-02', '2025-11-01']);
    expect(hours('2025-11-02', 'America/Havana')).toBe(25);
  });

  it('begins the day of every instant at or before it, and the next day after it', () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.parse('2015-01-01'), max: Date.parse('2035-01-01') }), fc.constantFrom(...ZONES), (atMs, zone) => {
        const date = dateIn(atMs, zone);
        expect(startOfDay(date, zone)).toBeLessThanOrEqual(atMs);
        expect(startOfDay(shiftDate(date, 1), zone)).toBeGreaterThan(atMs);
      }),
    );
  });
});

describe('monthGrid', () => {
  it('begins weeks on Monday and holds the whole month', () => {
    const grid = monthGrid('2026-11', 'Europe/Berlin');
    expect(grid.map((week) => [week[0]!.date, week[6]!.date])).toEqual([['2026-10-26', '2026-11-01'], ['2026-11-02', '2026-11-08'], ['2026-11-09', '2026-11-15'], ['2026-11-16', '2026-11-22'], ['2026-11-23', '2026-11-29'], ['2026-11-30', '2026-12-06']]);
    expect(grid.flat().filter(({ isOfMonth }) => isOfMonth)).toHaveLength(30);
    expect(monthGrid('2027-02', 'UTC')).toHaveLength(4);
  });

  it('has no gaps and no overlaps, in any zone and month', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2015, max: 2035 }), fc.integer({ min: 1, max: 12 }), fc.constantFrom(...ZONES), (year, number, zone) => {
        const days = monthGrid(`${year}-${String(number).padStart(2, '0')}`, zone).flat();
        for (const [index, day] of days.entries()) {
          expect(day.endMs).toBeGreaterThan(day.startMs);
          expect(day.endMs).toBe(days[index + 1]?.startMs ?? day.endMs);
        }
      }),
    );
  });
});

describe('local times', () => {
  it('come back as they were typed', () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.parse('2015-01-01') / 60_000, max: Date.parse('2035-01-01') / 60_000 }), fc.constantFrom(...ZONES), (minutes, zone) => {
        const local = localInput(minutes * 60_000, zone);
        expect(localInput(instantOf(local, zone)!, zone)).toBe(local);
      }),
    );
  });

  it('take the first of two and pass over what clocks leave out', () => {
    expect(new Date(instantOf('2026-10-25T02:30', 'Europe/Berlin')!).toISOString()).toBe('2026-10-25T00:30:00.000Z');
    expect(new Date(instantOf('2026-03-29T02:30', 'Europe/Berlin')!).toISOString()).toBe('2026-03-29T01:30:00.000Z');
    expect([instantOf('', 'UTC'), instantOf('tomorrow', 'UTC'), instantOf('2026-13-01T00:00', 'UTC')]).toEqual([null, null, null]);
  });
});

it('tells months and days apart', () => {
  expect([shiftMonth('2026-01', -1), shiftMonth('2026-12', 1), shiftDate('2026-02-28', 1)]).toEqual(['2025-12', '2027-01', '2026-03-01']);
  expect([isMonth('2026-12'), isMonth('2026-13'), isMonth(undefined)]).toEqual([true, false, false]);
  const day = { startMs: 10, endMs: 20 };
  expect([meets(day, 0, 10), meets(day, 0, 11), meets(day, 19, 30), meets(day, 20, 30)]).toEqual([false, true, true, false]);
});
