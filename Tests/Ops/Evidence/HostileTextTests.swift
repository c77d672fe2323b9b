import Core
import JSON
import TestSupport
import Testing

@testable import Ops

/// Whatever a service, a log or a cluster says goes into reports: it must stay text there.
@Suite struct HostileTextTests {
  private static let samples = [
    #"<script>alert(1)</script>"#, #""><img src=x onerror=alert(1)>"#, "' onmouseover='x",
    "</style></title></svg><svg onload=x>", "]]><!--", "&lt;b&gt;", "\u{1b}[2J\u{1b}]0;owned\u{7}",
    "\r::error::forged", "\n::error::forged", "  ::set-output name=x::y", "##[error]forged",
    "text ##[add-mask]x", "::stop-commands::a", "%0A::error::x",
    "` code ` **bold** [x](javascript:x)",
    "| a | b |\n|---|---|", "# heading\n\n- [ ] item", "![x](http://127.0.0.1/x.png)",
    "\u{202E}txt.exe",
    "\u{0}\u{1}\u{8}\u{7F}\u{9B}31m", "\u{2028}\u{2029}\u{FEFF}",
    "@channel <!channel> <http://x|y>",
    "\\", "\\|", "a\"} 1\nforged_metric{x=\"", "{{ template }}", "é\u{301}\u{1F6A2}", "",
  ]

  /// Every sample, and random pieces of all of them joined, the same in every run.
  private static let texts: [String] = {
    var state: UInt64 = 7
    func next(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
    return samples
      + (0..<200).map { _ in
        (0..<4).map { _ in
          String(samples[next(samples.count)].unicodeScalars.prefix(next(24)).map { Character($0) })
        }.joined()
      }
  }()

  /// A record in which `text` stands wherever others may put a text.
  private static func record(_ text: String) -> RolloutRecord {
    var record = SampleRollout.failed(probes: 12)
    var hostile = RolloutRecord(
      number: 7, environment: record.environment,
      incoming: ReleaseName(revision: text, source: text),
      outgoing: ReleaseName(revision: "old" + text, source: text), began: record.began)
    hostile.ended = record.ended
    hostile.outcome = .rolledBack
    hostile.cause = text
    hostile.advice = CauseAdvice(id: text, words: text)
    hostile.phases = record.phases.map {
      .init(phase: $0.phase, began: $0.began, duration: $0.duration, result: $0.result, note: text)
    }
    hostile.checks = [PreflightCheck(text, .warn, text)]
    hostile.evidence = [RolloutEvidence(source: text, state: text, lines: [text, text])]
    hostile.replicas.add(
      [ReplicaCount(revision: text, serving: 1, total: 2)], at: record.began)
    var report = ProbeReport()
    for index in record.samples.indices {
      record.samples[index].revision = text
      report.add(record.samples[index])
    }
    hostile.samples = record.samples
    hostile.probes = report
    hostile.probesBegan = record.probesBegan
    return hostile
  }

  /// Nothing that a terminal or a reader of lines takes for anything but text.
  private static func isPlain(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: scalar == "\n"
      default: true
      }
    }
  }

  /// The tags of a page in their order, and how many quotes there are.
  private static func shape(_ page: String) -> [Substring] {
    page.matches(of: /<[a-zA-Z\/!][^ >]*/).map(\.output)
  }

  @Test func noTextChangesTheMarkupOfThePage() {
    func page(_ text: String) -> String {
      RolloutPage(RolloutReport(record: Self.record(text), entrance: text)).html.text
    }
    let wanted = Self.shape(page("harmless"))
    let quotes = page("harmless").count { $0 == "\"" }
    for text in Self.texts where !text.isEmpty {
      let page = page(text)
      #expect(Self.shape(page) == wanted, "\(text.debugDescription)")
      #expect(page.count { $0 == "\"" } == quotes, "\(text.debugDescription)")
      #expect(Self.isPlain(page), "\(text.debugDescription)")
    }
  }

  @Test func noTextAddsALineOrACellToTheMarkdown() {
    func lines(_ text: String) -> [Substring] {
      RolloutReport(record: Self.record(text), entrance: text).markdown
        .split(separator: "\n", omittingEmptySubsequences: false)
    }
    func cells(_ line: Substring) -> Int {
      line.replacing("\\\\", with: "").replacing("\\|", with: "").count { $0 == "|" }
    }
    let wanted = lines("harmless")
    for text in Self.texts where !text.isEmpty {
      let lines = lines(text)
      #expect(lines.count == wanted.count, "\(text.debugDescription)")
      for (line, harmless) in zip(lines, wanted) where harmless.hasPrefix("|") {
        #expect(cells(line) == cells(harmless), "\(line)")
        #expect(!line.replacing("\\]", with: "").contains("](") || line.contains("`"), "\(line)")
      }
      for line in lines {
        #expect(!line.contains("<img") || line.hasPrefix("    ") || line.contains("`"))
      }
      #expect(Self.isPlain(lines.joined(separator: "\n")))
    }
  }

  /// What a view prints of a rollout that says `text` everywhere.
  private static func printed(_ text: String, _ environment: [String: String]) -> [String] {
    let written = WrittenText()
    let context = CommandContext(
      output: written.output, error: written.output, environment: environment,
      currentDirectory: "/", tree: Ops.commands)
    let record = record(text)
    let view = RolloutView(context)
    view.announce(record, entrance: text)
    for phase in record.phases {
      view.begin(phase.phase)
      view.note(text)
      view.end(phase.phase, phase.result, phase.note)
    }
    for check in record.checks { view.show(check) }
    for item in record.evidence { view.show(item) }
    view.conclude(record, report: nil)
    return written.all.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  @Test func noTextMovesACursorOrForgesALine() {
    let wanted = Self.printed("harmless", [:]).count
    for text in Self.texts {
      let lines = Self.printed(text, [:])
      #expect(lines.count == wanted, "\(text.debugDescription)")
      #expect(lines.allSatisfy(Self.isPlain), "\(text.debugDescription)")
    }
  }

  @Test func noTextIsReadAsACommandOfTheWorkflow() {
    for text in Self.texts {
      var token: String?
      var commands: [String] = []
      for line in Self.printed(text, ["GITHUB_ACTIONS": "true"]) {
        let start = String(line.drop { $0.isWhitespace })
        if let stop = token {
          if start == "::\(stop)::" { token = nil }
        } else if start.hasPrefix("::stop-commands::") {
          token = String(start.dropFirst("::stop-commands::".count))
        } else if start.hasPrefix("::") || line.contains("##[") && !line.hasPrefix("::") {
          commands.append(start)
        }
      }
      #expect(token == nil)
      // The one that says how it ended, and no other.
      #expect(commands.count == 1, "\(text.debugDescription) \(commands)")
      #expect(commands.first?.hasPrefix("::error title=rollout 7 of staging::") == true)
    }
  }

  @Test func noTextForgesAMetric() {
    let names = RolloutMetrics(record: Self.record("harmless")).text.split(separator: "\n").count
    for text in Self.texts {
      let lines = RolloutMetrics(record: Self.record(text)).text.split(separator: "\n")
      #expect(lines.count == names, "\(text.debugDescription)")
      #expect(lines.allSatisfy { $0.hasPrefix("#") || $0.hasPrefix("slipway_rollout_") })
    }
  }

  @Test func aMessageMentionsNobodyAndLinksNothing() {
    for text in Self.texts {
      let message =
        WebhookMessage(event: .ended, record: Self.record(text)).json["text"]?.text ?? "<"
      #expect(!message.contains("<") && !message.contains(">"))
      #expect(message.matches(of: /@[a-z]/).isEmpty)
    }
  }
}
