// Findings that are as they should be. Each exception names its place and its reason, and must still be needed.
import type { Finding } from './rules';

export interface Exception {
  rule: string;
  dashboard: string;
  panel: string;
  reason: string;
}

const covers = (exception: Exception, finding: Finding) =>
  exception.rule === finding.rule && exception.dashboard === finding.dashboard && exception.panel === finding.panel;

/** What is left as a fault: findings without exception, exceptions without finding or reason. */
export function faultsOf(findings: Finding[], exceptions: Exception[]): string[] {
  const place = (at: { dashboard: string; panel: string; rule: string }) =>
    `${at.dashboard}${at.panel && `, ${at.panel}`}: ${at.rule}`;
  return [
    ...findings
      .filter((finding) => !exceptions.some((exception) => covers(exception, finding)))
      .map((finding) => `${place(finding)}: ${finding.message}`),
    ...exceptions
      .filter((exception) => !findings.some((finding) => covers(exception, finding)))
      .map((exception) => `${place(exception)}: this exception is not needed`),
    ...exceptions
      .filter((exception) => exception.reason.length < 20)
      .map((exception) => `${place(exception)}: this exception has no reason`),
  ];
}
