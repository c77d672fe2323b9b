import Core
import JSON

/// `rollout.json`; docs/rollout.schema.json describes it.
extension RolloutReport {
  var json: JSONValue {
    .object([
      JSONMember("formatVersion", .integer(Self.formatVersion)),
      JSONMember("version", .string(version)),
      JSONMember("number", .integer(Int64(record.number))),
      JSONMember("environment", .string(record.environment)),
      JSONMember("outcome", record.outcome.map { .string($0.rawValue) } ?? .null),
      JSONMember("cause", record.cause.map { .string($0) } ?? .null),
      JSONMember("causeType", record.advice.map { .string($0.id) } ?? .null),
      JSONMember("advice", record.advice.map { .string($0.words) } ?? .null),
      JSONMember("began", .string(record.began.iso8601)),
      JSONMember("ended", record.ended.map { .string($0.iso8601) } ?? .null),
      JSONMember("entrance", .string(entrance)),
      JSONMember("incoming", record.incoming.json),
      JSONMember("outgoing", record.outgoing?.json ?? .null),
      JSONMember("checks", .array(record.checks.map(\.json))),
      JSONMember("phases", .array(record.phases.map(\.json))),
      JSONMember("replicas", .array(record.replicas.changes.map(\.json))),
      JSONMember("evidence", .array(record.evidence.map(\.json))),
      JSONMember("clients", record.probes?.json ?? .null),
      JSONMember("clientsBegan", record.probesBegan.map { .string($0.iso8601) } ?? .null),
      JSONMember("probeColumns", .array(GateEvidence.probeColumns.map { .string($0) })),
      JSONMember("probes", .array(record.samples.map(GateEvidence.row))),
    ])
  }
}

extension ReleaseName {
  fileprivate var json: JSONValue { ["revision": .string(revision), "source": .string(source)] }
}

extension RolloutRecord.PhaseRecord {
  fileprivate var json: JSONValue {
    [
      "phase": .string(phase.rawValue),
      "weight": weight.map { .integer(Int64($0)) } ?? .null, "began": .string(began.iso8601),
      "milliseconds": .integer(duration.inMilliseconds), "result": .string(result.rawValue),
      "note": note.map { .string($0) } ?? .null,
    ]
  }
}

extension ReplicaHistory.Change {
  fileprivate var json: JSONValue {
    [
      "time": .string(time.iso8601),
      "releases": .array(
        counts.map { count in
          [
            "revision": .string(count.revision), "serving": .integer(Int64(count.serving)),
            "total": .integer(Int64(count.total)),
          ]
        }),
    ]
  }
}

extension RolloutEvidence {
  fileprivate var json: JSONValue {
    [
      "source": .string(source), "state": .string(state),
      "lines": .array(lines.map { .string($0) }),
    ]
  }
}
