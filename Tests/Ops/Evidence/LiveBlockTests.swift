import Core
import Testing

@testable import Ops

@Suite struct LiveBlockTests {
  private let written = WrittenText()

  @Test func aLineThatWouldWrapIsCut() {
    var block = LiveBlock(written.stream(columns: 40), usesColor: false)
    block.show([.init(name: "clients", text: String(repeating: "x", count: 200))])
    let line = written.all.replacing("\u{1b}[K", with: "")
    #expect(line == "  clients     " + String(repeating: "x", count: 25) + "\n")
  }

  @Test func aSecondStateIsWrittenOverTheFirst() {
    var block = LiveBlock(written.stream(columns: 40), usesColor: false)
    block.show([.init(name: "a", text: "1"), .init(name: "b", text: "2")])
    block.show([.init(name: "a", text: "3")])
    #expect(written.all.contains("\u{1b}[2A\r  a           3\u{1b}[K\n\u{1b}[J"))
    block.clear()
    block.clear()
    #expect(written.all.hasSuffix("\u{1b}[1A\r\u{1b}[J"))
  }

  @Test func slowAnswersAreHighAndFailuresAreCrosses() {
    let sample = { (milliseconds: Int64, outcome: ProbeOutcome) in
      ProbeSample(
        probeClass: .kept, dueAt: .zero, total: .milliseconds(milliseconds), outcome: outcome)
    }
    let text = Sparkline.text([
      sample(1, .status(200)), sample(900, .status(200)), sample(3, .status(500)),
    ])
    #expect(text == "▁█✕")
  }
}
