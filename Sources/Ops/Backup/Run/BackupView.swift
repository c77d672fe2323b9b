import Core

/// Shows how a backup goes on: one line that changes on a terminal, lines now and then elsewhere.
final class BackupView: Sendable {
  /// How often a terminal sees it.
  private static let terminalInterval: Duration = .milliseconds(200)
  /// How often a log sees it.
  private static let logInterval: Duration = .seconds(15)

  private struct State {
    var progress = BackupProgress()
    var shownAt: ContinuousClock.Instant
    var live: LiveBlock
  }

  private let output: TextOutput
  private let began = ContinuousClock.now
  private let state: Guarded<State>

  /// `expectedBytes` is what the last backup had.
  init(_ context: CommandContext, expectedBytes: Int64?) {
    output = context.error
    state = Guarded(
      State(
        progress: BackupProgress(expectedBytes: expectedBytes), shownAt: began,
        live: LiveBlock(context.error, usesColor: context.usesColor(on: context.error))))
  }

  func show(_ event: BackupRun.Event) {
    switch event {
    case .snapshot(let snapshot):
      say("reading \(snapshot.serverVersion) as it was at \(snapshot.takenAt.iso8601)")
    case .swept(let result):
      say("swept \(result.uploads) uploads and \(result.objects) objects of killed runs")
    case .doubt(let words): say("warning: \(words)")
    case .stored(let content, let bytes): count(content, bytes)
    }
  }

  /// Takes away what only said how far it was.
  func end() {
    state.withLock { if output.isTerminal { $0.live.clear() } }
  }

  private func say(_ line: String) {
    state.withLock { state in
      if output.isTerminal { state.live.clear() }
      output.line(ErrorReport.printable(line))
    }
  }

  private func count(_ content: BackupFile.Content, _ bytes: Int64) {
    state.withLock { state in
      state.progress.bytes += bytes
      let now = ContinuousClock.now
      let interval = output.isTerminal ? Self.terminalInterval : Self.logInterval
      guard state.shownAt.duration(to: now) >= interval else { return }
      state.shownAt = now
      state.progress.elapsed = began.duration(to: now)
      let text = state.progress.text
      if output.isTerminal {
        state.live.show([.init(name: content.rawValue, text: text)])
      } else {
        output.line("\(content.rawValue): \(text)")
      }
    }
  }
}
