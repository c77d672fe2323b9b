/// Rules over what Kubernetes tells of the service.
///
/// They need kube-state-metrics, and for memory and volumes the kubelet's own metrics; without
/// those they are silent.
enum ClusterAlerts {
  private static let here = #"namespace="\#(Placeholder.namespace.text)""#
  private static let deployment = #"\#(here),deployment="\#(Placeholder.service.text)""#
  /// The container of the service in the pods of its Deployment.
  private static let container =
    #"\#(here),container="app",pod=~"\#(Placeholder.service.text)-[a-z0-9]+-[a-z0-9]{5}""#
  private static let jobs = #"\#(here),job_name=~"\#(Placeholder.service.text)-migrate.*""#
  private static let claims =
    #"\#(here),persistentvolumeclaim=~"\#(Placeholder.service.text)-data|"#
    + #"(data-)?\#(Placeholder.service.text)-database-[0-9]+""#

  static let group = RuleGroup(name: "slipway-kubernetes", alerts: replicas + containers + others)

  private static let replicas = [
    AlertRule(
      "SlipwayNoReadyReplica", .critical, for: "1m",
      "kube_deployment_status_replicas_ready{\(deployment)} == 0 and on (namespace, deployment) "
        + "kube_deployment_spec_replicas{\(deployment)} > 0",
      summary: "No replica is ready.", description: "Clients get no answer from the service."),
    AlertRule(
      "SlipwayReplicasMissing", .warning, for: "15m",
      "kube_deployment_status_replicas_ready{\(deployment)} < on (namespace, deployment) "
        + "kube_deployment_spec_replicas{\(deployment)}",
      summary: "Fewer replicas are ready than there should be.",
      description: "{{ $value }} are ready."),
    AlertRule(
      "SlipwayAutoscalerAtMax", .warning, for: "30m",
      kubeAutoscaler("status_current_replicas") + " >= on (namespace, horizontalpodautoscaler) "
        + kubeAutoscaler("spec_max_replicas"),
      summary: "The autoscaler can add no more replicas.",
      description: "All {{ $value }} replicas that may run have been running for half an hour."),
  ]

  private static let containers = [
    AlertRule(
      "SlipwayRestarts", .warning, for: "0m",
      "increase(kube_pod_container_status_restarts_total{\(container)}[1h]) > 2",
      summary: "A replica keeps being restarted.",
      description: "{{ $labels.pod }} was restarted {{ $value | humanize }} times in an hour."),
    AlertRule(
      "SlipwayKilledForMemory", .warning, for: "0m",
      "increase(kube_pod_container_status_restarts_total{\(container)}[15m]) > 0 "
        + "and on (namespace, pod, container) kube_pod_container_status_last_terminated_reason{"
        + #"\#(container),reason="OOMKilled"} == 1"#,
      summary: "A replica was killed for its memory.",
      description: "{{ $labels.pod }} reached its limit."),
    AlertRule(
      "SlipwayMemoryNearLimit", .warning, for: "10m",
      "max by (namespace, pod) (container_memory_working_set_bytes{\(container)}) "
        + "/ max by (namespace, pod) (kube_pod_container_resource_limits{\(container),"
        + #"resource="memory"}) > 0.9"#,
      summary: "A replica is near its limit of memory.",
      description: "{{ $labels.pod }} uses {{ $value | humanizePercentage }} of it."),
  ]

  private static let others = [
    AlertRule(
      "SlipwayMigrationFailed", .critical, for: "1m",
      AlertRule.lastFailed(jobs),
      summary: "The last migration failed.",
      description: "New replicas do not become ready; those of the release before go on."),
    AlertRule(
      "SlipwayVolumeFull", .warning, for: "10m",
      "kubelet_volume_stats_available_bytes{\(claims)} "
        + "/ kubelet_volume_stats_capacity_bytes{\(claims)} < 0.1",
      summary: "A volume of the database is nearly full.",
      description: "{{ $labels.persistentvolumeclaim }} has {{ $value | humanizePercentage }} left."
    ),
  ]

  private static func kubeAutoscaler(_ what: String) -> String {
    "kube_horizontalpodautoscaler_\(what){\(here),"
      + #"horizontalpodautoscaler="\#(Placeholder.service.text)"}"#
  }
}
