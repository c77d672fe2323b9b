import Core
import JSON
import POSIX

/// Judges a running service from its clients' side.
struct GateCommand: Command {
  private static let url = Operand(.httpURL, "what to poll, for example https://example.org/health")
  private static let rate = Option(
    "rate", .integer(1...ProberSettings.ratePerSecondMax), .byDefault("20"),
    "polls per second, every second one on a new connection")
  private static let consecutive = Option(
    "consecutive", .integer(1...1_000_000), .byDefault("50"),
    "good answers in a row before the soak begins")
  private static let soak = Option(
    "soak", .duration, .byDefault("30s"), "how long all must stay good after that")
  private static let failedMax = Option(
    "failed-max", .integer(0...1_000_000), .byDefault("0"), "failed polls that are forgiven")
  private static let expectRevision = Option(
    "expect-revision", .text("REVISION"), .optional,
    "the X-Revision that must answer in the end")
  private static let timeout = Option(
    "timeout", .duration, .byDefault("5m"), "most time until the soak begins")
  private static let requestTimeout = Option(
    "request-timeout", .duration, .byDefault("2s"), "time for one poll")
  private static let unixSocket = Option(
    "unix-socket", .path, .optional,
    "a socket to connect to in place of the address's host")
  private static let report = Option(
    "report", .directory, .optional,
    "write gate.json and gate.md into this directory")
  private static let json = Flag("json", "print the result as JSON")

  static let specification = CommandSpecification(
    name: "gate", summary: "poll a service and judge whether its clients are served",
    description: """
      Polls at a fixed rate that slow answers do not slow down, on new and on kept connections. \
      Passes after enough good answers (2xx) in a row and a soak without more failed polls than \
      are forgiven. No data, or a machine too busy to poll in time, is inconclusive and never a \
      success.
      """,
    options: [
      rate, consecutive, soak, failedMax, expectRevision, timeout, requestTimeout, unixSocket,
      report, json,
    ],
    operands: [url], exitCodes: [.inconclusive, .interrupted],
    examples: [
      .init(
        line: "ops gate http://localhost:8080/health --soak 10s",
        effect: "judge the service on this machine"),
      .init(
        line: "ops gate https://example.org/health --expect-revision 3f2a --report out",
        effect: "wait for a revision and keep the evidence"),
    ])

  private let options: GateOptions
  private let reportDirectory: String?
  private let printsJSON: Bool

  init(_ arguments: ParsedArguments) {
    var prober = ProberSettings(url: arguments.required(Self.url))
    prober.ratePerSecond = arguments.required(Self.rate)
    prober.timeout = arguments.required(Self.requestTimeout)
    prober.unixSocketPath = arguments.value(Self.unixSocket)
    var policy = GatePolicy()
    policy.consecutive = arguments.required(Self.consecutive)
    policy.soak = arguments.required(Self.soak)
    policy.failedMax = arguments.required(Self.failedMax)
    policy.timeout = arguments.required(Self.timeout)
    policy.silenceMax = max(policy.silenceMax, prober.timeout * 2)
    policy.revisions = arguments.value(Self.expectRevision).map { .becoming($0) } ?? .any
    options = GateOptions(prober: prober, policy: policy)
    reportDirectory = arguments.value(Self.report)
    printsJSON = arguments.has(Self.json)
  }

  func run(_ context: CommandContext) throws -> ExitCode {
    // Before the prober's thread, so that no thread takes the signals from this one.
    let signals = try SignalReader([.interrupt, .terminate])
    ProcessInfo.raiseOpenFilesLimit()
    var view = GateView(context.error, options.policy)
    let result = try GateRun.run(
      options,
      isInterrupted: { wait in
        let signal = try? signals.next(.after(wait))
        return signal != nil
      },
      progress: { view.show($0) })
    view.end()
    let evidence = GateEvidence(
      url: options.prober.url, policy: options.policy, result: result)
    if let directory = reportDirectory { try evidence.write(to: context.absolute(directory)) }
    tell(evidence, context)
    return exitCode(result.verdict)
  }

  private func tell(_ evidence: GateEvidence, _ context: CommandContext) {
    if printsJSON {
      context.output.line(evidence.json(withProbes: false).written(pretty: true))
    } else {
      let cause = evidence.result.verdict?.cause.map { ": " + ErrorReport.printable($0) } ?? ""
      let line = "\(evidence.word)\(cause)"
      context.output.line(context.isGitHubActions ? WorkflowCommand.harmless(line) : line)
      context.output.line(evidence.result.report.summary)
    }
    if context.isGitHubActions, evidence.result.verdict != .passed {
      let cause = evidence.result.verdict?.cause ?? "interrupted"
      context.error.line(WorkflowCommand.error("gate", cause))
    }
  }

  private func exitCode(_ verdict: GateVerdict?) -> ExitCode {
    switch verdict {
    case .passed: .done
    case .failed: .failure
    case .inconclusive: .inconclusive
    case nil: .interrupted
    }
  }
}
