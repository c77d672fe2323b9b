import Core
import JSON
import POSIX

/// What a gate found, for machines and for people who were not there.
struct GateEvidence: Sendable {
  /// The URL that was polled.
  let url: String
  /// What was enough.
  let policy: GatePolicy
  /// What was found.
  let result: GateResult
  /// Whether the replica may answer clients now, nil where nobody asked for that.
  var isAdmitted: Bool?

  /// `interrupted` or the verdict's word.
  var word: String { result.verdict?.word ?? "interrupted" }

  /// The whole as JSON; each probe is a row under the names of `probeColumns`.
  func json(withProbes: Bool) -> JSONValue {
    var members: [JSONMember] = [
      JSONMember("url", .string(url)),
      JSONMember("verdict", .string(word)),
      JSONMember("cause", result.verdict?.cause.map { .string($0) } ?? .null),
      JSONMember("startedAt", .string(result.startedAt.iso8601)),
      JSONMember("durationMilliseconds", .integer(result.duration.inMilliseconds)),
      JSONMember("policy", policy.json),
      JSONMember("report", result.report.json),
    ]
    if let isAdmitted { members.append(JSONMember("admitted", .boolean(isAdmitted))) }
    if withProbes {
      members.append(JSONMember("probeColumns", .array(Self.probeColumns.map { .string($0) })))
      members.append(JSONMember("probes", .array(result.samples.map(Self.row))))
    }
    return .object(members)
  }

  /// The whole as a page of Markdown.
  var markdown: String {
    let time = "\(result.startedAt.iso8601), \(result.duration.inMilliseconds) ms"
    let head = ["# Gate: \(word)", "", "\(MarkdownText.code(url)), \(time)", ""]
    let cause = result.verdict?.cause.map { ["Cause: \(MarkdownText.words($0)).", ""] } ?? []
    return (head + cause + result.report.markdown).joined(separator: "\n") + "\n"
  }

  /// Writes `gate.json` and `gate.md` into `directory`, which is made where it is missing.
  func write(to directory: String) throws(SystemError) {
    try File.makeDirectory(directory)
    try File.write(json(withProbes: true).bytes(pretty: false), to: directory + "/gate.json")
    try File.write(Array(markdown.utf8), to: directory + "/gate.md")
  }

  static let probeColumns = [
    "dueMilliseconds", "connections", "latenessMilliseconds", "connectMilliseconds",
    "totalMilliseconds", "outcome", "revision",
  ]

  static func row(_ sample: ProbeSample) -> JSONValue {
    .array([
      .real(sample.dueAt.roundedMilliseconds), .string(sample.probeClass.rawValue),
      .real(sample.lateness.roundedMilliseconds), .real(sample.connect.roundedMilliseconds),
      .real(sample.total.roundedMilliseconds), .string(sample.outcome.description),
      sample.revision.map { .string($0) } ?? .null,
    ])
  }
}

extension GatePolicy {
  /// The policy as JSON.
  var json: JSONValue {
    .object([
      JSONMember("consecutive", .integer(Int64(consecutive))),
      JSONMember("failedMax", .integer(Int64(failedMax))),
      JSONMember("failedShareMax", failedShareMax.map { .real($0) } ?? .null),
      JSONMember("latencyMaxMilliseconds", latencyMax.map { .integer($0.inMilliseconds) } ?? .null),
      JSONMember("expectedRevision", revisions.wanted.map { .string($0) } ?? .null),
      JSONMember("soakMilliseconds", .integer(soak.inMilliseconds)),
      JSONMember("timeoutMilliseconds", .integer(timeout.inMilliseconds)),
      JSONMember("silenceMaxMilliseconds", .integer(silenceMax.inMilliseconds)),
      JSONMember("latencyFactor", .real(latencyFactor)),
      JSONMember("latencyFloorMilliseconds", .integer(latencyFloor.inMilliseconds)),
    ])
  }
}
