/// Rules over what Kubernetes tells of backups and drills, where there are any.
///
/// They need kube-state-metrics. A drill that succeeds has proven a backup, so its CronJob tells
/// when that was last.
enum BackupAlerts {
  static let name = "slipway-backup"
  private static let here = #"namespace="\#(Placeholder.namespace.text)""#

  static let group = RuleGroup(
    name: name,
    alerts: [
      AlertRule(
        "SlipwayBackupOverdue", .warning, for: "1h", overdue("backup"),
        summary: "There is no new backup.",
        description:
          "The last one that succeeded is {{ $value | humanizeDuration }} old, more than "
          + "two intervals of its schedule."),
      AlertRule(
        "SlipwayBackupFailed", .warning, for: "1m", failed("backup"),
        summary: "The last backup failed.",
        description: "What was taken before is still there."),
      AlertRule(
        "SlipwayBackupUnproven", .warning, for: "1h", overdue("drill"),
        summary: "No backup has been proven for long.",
        description: "The last drill that succeeded was {{ $value | humanizeDuration }} ago, more "
          + "than two intervals of its schedule."),
      AlertRule(
        "SlipwayDrillFailed", .warning, for: "1m", failed("drill"),
        summary: "The last drill failed.",
        description: "The newest backup was not restored, or was not what the database held."),
      AlertRule(
        "SlipwayBackupSuspended", .warning, for: "1h",
        "kube_cronjob_spec_suspend{\(here),"
          + #"cronjob=~"\#(Placeholder.service.text)-(backup|drill)"} == 1"#,
        summary: "Backups are suspended.",
        description: "The CronJob {{ $labels.cronjob }} starts nothing."),
    ])

  /// How long the last success is past, where that is more than two intervals; one that never
  /// succeeded counts from when the CronJob was made.
  private static func overdue(_ task: String) -> String {
    let job = #"\#(here),cronjob="\#(Placeholder.service.text)-\#(task)""#
    return """
      (time() - (kube_cronjob_status_last_successful_time{\(job)} or kube_cronjob_created{\(job)}))
      > on (namespace, cronjob) 2 * (kube_cronjob_next_schedule_time{\(job)} \
      - on (namespace, cronjob) kube_cronjob_status_last_schedule_time{\(job)})
      """
  }

  /// Whether a Job failed after the last that succeeded.
  private static func failed(_ task: String) -> String {
    let jobs = #"\#(here),job_name=~"\#(Placeholder.service.text)-\#(task)-.+""#
    return AlertRule.lastFailed(jobs)
  }
}

extension AlertRule {
  /// Whether the newest of these Jobs that failed is newer than the newest that succeeded.
  static func lastFailed(_ jobs: String) -> String {
    """
    max by (namespace) (kube_job_created{\(jobs)} \
    and on (namespace, job_name) kube_job_status_failed{\(jobs)} > 0)
    > (max by (namespace) (kube_job_created{\(jobs)} \
    and on (namespace, job_name) kube_job_status_succeeded{\(jobs)} > 0)
    or 0 * max by (namespace) (kube_job_created{\(jobs)}))
    """
  }
}
