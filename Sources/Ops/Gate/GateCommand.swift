import Core
import Handover
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
    "for", .duration, .byDefault("30s"), "how long all must stay good after that")
  private static let budget = Option(
    "budget", .failureBudget, .byDefault("0"),
    "failed polls that are forgiven: a number, or a share of them as 0.1%")
  private static let latencyMax = Option(
    "latency-max", .duration, .optional, "the 99th percentile of good answers may not be higher")
  private static let expectRevision = Option(
    "expect-revision", .text("REVISION"), .optional, "the revision that must answer in the end")
  private static let revisionHeader = Option(
    "revision-header", .text("NAME"), .byDefault("X-Revision"),
    "the header of answers that names their revision")
  private static let revisionJSON = Option(
    "revision-json", .text("MEMBER"), .optional,
    "a member of the answers' JSON that names it instead, for example build.commit")
  private static let timeout = Option(
    "timeout", .duration, .byDefault("5m"), "most time until the soak begins")
  private static let requestTimeout = Option(
    "request-timeout", .duration, .byDefault("2s"), "time for one poll")
  private static let unixSocket = Option(
    "unix-socket", .path, .optional,
    "a socket to connect to in place of the address's host")
  private static let authorities = Option(
    "ca-file", .path, .optional, "certificates (PEM) to trust in place of the system's")
  private static let admit = Option(
    "admit", .path, .optional,
    "the control socket of a replica of app, which is told to accept clients where it passed")
  private static let report = Option(
    "report", .directory, .optional,
    "write gate.json and gate.md into this directory")
  private static let json = Flag("json", "print the result as JSON")

  static let specification = CommandSpecification(
    name: "gate", summary: "poll a service and judge whether its clients are served",
    description: """
      Polls at a fixed rate that slow answers do not slow down, on new and on kept connections. \
      Passes after enough good answers (2xx) in a row and a soak without more failed polls than \
      are forgiven: at most a count of them, or a share of all. No data, or a machine too busy \
      to poll in time, is inconclusive and never a success.
      """,
    options: [
      rate, consecutive, soak, budget, latencyMax, expectRevision, revisionHeader, revisionJSON,
      timeout, requestTimeout, unixSocket, authorities, admit, report, json,
    ],
    operands: [url], exitCodes: [.inconclusive, .interrupted],
    examples: [
      .init(
        line: "ops gate http://localhost:8080/health --for 10s",
        effect: "judge the service on this machine"),
      .init(
        line: "ops gate https://example.org/ --rate 200 --for 5m --budget 0.1% --latency-max 200ms",
        effect: "judge any service by what its clients are promised"),
      .init(
        line: "ops gate https://example.org/health --expect-revision 3f2a --report out",
        effect: "wait for a revision and keep the evidence"),
      .init(
        line: "ops gate http://localhost/readyz --unix-socket admin.sock --admit control.sock",
        effect: "watch a replica in private, then let it answer clients"),
    ])

  private let options: GateOptions
  private let controlSocket: String?
  private let reportDirectory: String?
  private let printsJSON: Bool

  init(_ arguments: ParsedArguments) {
    var prober = ProberSettings(url: arguments.required(Self.url))
    prober.ratePerSecond = arguments.required(Self.rate)
    prober.timeout = arguments.required(Self.requestTimeout)
    prober.unixSocketPath = arguments.value(Self.unixSocket)
    prober.certificateAuthorityPath = arguments.value(Self.authorities)
    let members = arguments.value(Self.revisionJSON).map {
      $0.split(separator: ".").map(String.init)
    }
    prober.revision = members.map { .body($0) } ?? .header(arguments.required(Self.revisionHeader))
    var policy = GatePolicy()
    policy.consecutive = arguments.required(Self.consecutive)
    policy.soak = arguments.required(Self.soak)
    policy.latencyMax = arguments.value(Self.latencyMax)
    switch arguments.required(Self.budget) {
    case .count(let count): policy.failedMax = count
    case .share(let share):
      policy.failedShareMax = share
      // More than that can not be made up for in the time that counts.
      policy.failedMax = Int(share * Double(prober.ratePerSecond) * policy.soak.inSeconds)
    }
    policy.timeout = arguments.required(Self.timeout)
    policy.silenceMax = max(policy.silenceMax, prober.timeout * 2)
    policy.revisions = arguments.value(Self.expectRevision).map { .becoming($0) } ?? .any
    options = GateOptions(prober: prober, policy: policy)
    controlSocket = arguments.value(Self.admit)
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
    var evidence = GateEvidence(
      url: options.prober.url, policy: options.policy, result: result)
    let directory = reportDirectory.map(context.absolute)
    // Before anybody is let in: who cannot write it down lets nobody in.
    if let directory { try evidence.write(to: directory) }
    var refusal: ControlError?
    if let path = controlSocket {
      if result.verdict == .passed { refusal = Self.refusal(of: context.absolute(path)) }
      evidence.isAdmitted = result.verdict == .passed && refusal == nil
      if let directory { try evidence.write(to: directory) }
    }
    tell(evidence, context)
    if let refusal {
      context.error.line("not admitted: \(ErrorReport.printable("\(refusal)"))")
      return .failure
    }
    return exitCode(result.verdict)
  }

  /// Lets the replica answer clients; why it may not, nil where it does.
  private static func refusal(of path: String) -> ControlError? {
    do throws(ControlError) {
      _ = try ControlClient.ask(path, ["do": "accept"])
      return nil
    } catch {
      return error
    }
  }

  private func tell(_ evidence: GateEvidence, _ context: CommandContext) {
    if printsJSON {
      context.output.line(evidence.json(withProbes: false).written(pretty: true))
    } else {
      let cause = evidence.result.verdict?.cause.map { ": " + ErrorReport.printable($0) } ?? ""
      let line = "\(evidence.word)\(cause)"
      context.output.line(context.isGitHubActions ? WorkflowCommand.harmless(line) : line)
      context.output.line(evidence.result.report.summary)
      if evidence.isAdmitted == true { context.output.line("admitted") }
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

/// How many failed polls are forgiven.
enum FailureBudget: Sendable, Equatable {
  case count(Int)
  /// Of all polls, from 0 to 1.
  case share(Double)
}

extension ValueType where Value == FailureBudget {
  private static var countMax: Int { 1_000_000 }

  /// A number, or a share in percent.
  static var failureBudget: Self {
    ValueType(
      name: "BUDGET", allowed: "a whole number up to \(countMax), or a share such as 0.1%"
    ) { text in
      if text.last == "%" {
        return Double(text.dropLast()).flatMap { (0...100).contains($0) ? .share($0 / 100) : nil }
      }
      return Int(text).flatMap { (0...countMax).contains($0) ? .count($0) : nil }
    }
  }
}
