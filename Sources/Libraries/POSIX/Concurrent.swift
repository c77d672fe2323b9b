import Core

extension WorkThread {
  /// `body` of every element, in their order, worked out on all processors at once.
  ///
  /// `body` blocks its thread; what it throws belongs into its result. A thread that cannot be had
  /// leaves its part to the others.
  public static func map<Element: Sendable, Result: Sendable>(
    _ elements: [Element], _ name: String, _ body: @escaping @Sendable (Element) -> Result
  ) -> [Result] {
    let work = SharedWork(elements, body)
    let helpers = min(ProcessInfo.processorCount, elements.count) - 1
    run(work, name, helpers: max(0, helpers))
    return work.results
  }

  /// A recursion, since handles cannot stand in an array.
  private static func run<Element, Result>(
    _ work: SharedWork<Element, Result>, _ name: String, helpers: Int
  ) {
    guard helpers > 0, let helper = try? start(name, { work.run() }) else { return work.run() }
    run(work, name, helpers: helpers - 1)
    helper.join()
  }
}

/// Elements that several threads take one by one.
private final class SharedWork<Element: Sendable, Result: Sendable>: Sendable {
  private struct State {
    var next = 0
    var results: [Result?]
  }

  private let elements: [Element]
  private let body: @Sendable (Element) -> Result
  private let state: Guarded<State>

  init(_ elements: [Element], _ body: @escaping @Sendable (Element) -> Result) {
    self.elements = elements
    self.body = body
    state = Guarded(State(results: Array(repeating: nil, count: elements.count)))
  }

  /// Once every thread has ended.
  var results: [Result] { state.withLock { $0.results.compactMap { $0 } } }

  func run() {
    while true {
      let index = state.withLock { state in
        defer { state.next += 1 }
        return state.next
      }
      guard index < elements.count else { return }
      let result = body(elements[index])
      state.withLock { $0.results[index] = result }
    }
  }
}
