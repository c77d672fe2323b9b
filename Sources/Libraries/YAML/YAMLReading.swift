/// A document as far as it can be read, with all that is wrong with it.
///
/// For files that people write: they mend ten mistakes sooner when they are told of ten at once.
public struct YAMLReading: Sendable {
  /// The document; nil where a mistake hides what comes after it.
  ///
  /// Where an alias stands for nothing, a text stands in its place. Of a key that comes twice the
  /// first is there.
  public let node: YAMLNode?
  /// What is wrong, in the order of the text; empty where `YAMLReader.read` would give the node.
  public let problems: [YAMLError]
}

extension YAMLReader {
  /// The one document in `bytes` with every problem that does not hide the others.
  ///
  /// A tab where spaces must be is noted, and the text is read again as if spaces stood there.
  public static func examine(_ bytes: [UInt8], limits: YAMLLimits = YAMLLimits()) -> YAMLReading {
    var text = UntabbedText(withoutByteOrderMark(bytes))
    var tabs: [YAMLError] = []
    while true {
      let attempt = Attempt(text.bytes, limits: limits)
      if attempt.failure?.reason == .tab, tabs.count < limits.tabsMax,
        let mark = attempt.failure?.mark,
        let next = best(text.untabbed(at: mark), limits: limits)
      {
        tabs.append(YAMLError(.tab, at: text.written(mark)))
        text = next
      } else {
        let rest = attempt.problems + (attempt.failure.map { [$0] } ?? [])
        let problems = tabs + rest.map(text.written)
        return YAMLReading(
          node: attempt.node.map(text.written), problems: problems.sorted { $0.mark < $1.mark })
      }
    }
  }

  /// The text that can be read furthest, then that with the fewest problems; the first of equals.
  private static func best(_ texts: [UntabbedText], limits: YAMLLimits) -> UntabbedText? {
    guard texts.count > 1 else { return texts.first }
    var best: (text: UntabbedText, attempt: Attempt)?
    for text in texts {
      let attempt = Attempt(text.bytes, limits: limits)
      if let other = best?.attempt, !attempt.isBetter(than: other) { continue }
      best = (text, attempt)
    }
    return best?.text
  }
}

/// One reading of a text from its start.
private struct Attempt {
  private(set) var node: YAMLNode?
  private(set) var problems: [YAMLError] = []
  /// What nothing can be read after.
  private(set) var failure: YAMLError?

  init(_ bytes: [UInt8], limits: YAMLLimits) {
    do throws(YAMLError) {
      var composer = try Composer(bytes, limits: limits, collects: true)
      do throws(YAMLError) {
        node = try composer.nextDocument() ?? .null
        problems = composer.problems
        if let second = try composer.nextDocumentMark() {
          problems.append(YAMLError(.secondDocument, at: second))
        }
      } catch {
        problems = composer.problems
        throw error
      }
    } catch {
      node = nil
      failure = error
    }
  }

  func isBetter(than other: Attempt) -> Bool {
    switch (failure?.mark, other.failure?.mark) {
    case (nil, nil): problems.count < other.problems.count
    case (nil, _): true
    case (_, nil): false
    case (let mark?, let otherMark?): mark > otherMark
    }
  }
}
