import JSON
import Testing

@testable import Ops

/// What is kept of what watches tell.
@Suite struct WitnessedObjectsTests {
  private func event(_ number: Int, about uid: String) -> ClusterChange {
    .updated(
      .event,
      [
        "metadata": ["name": .string("e\(number)"), "uid": .string("\(uid)-\(number)")],
        "involvedObject": ["kind": "Pod", "name": .string(uid), "uid": .string(uid)],
        "reason": "Failed", "message": .string("\(number)"), "type": "Warning",
        "lastTimestamp": "2026-11-21T11:27:13Z",
      ])
  }

  @Test func aNoisyObjectTakesNoEventsFromOthers() {
    var objects = WitnessedObjects()
    objects.take(event(0, about: "quiet"))
    for number in 0..<(WitnessedObjects.eventsMax * 3) {
      objects.take(event(number, about: "noisy"))
    }
    #expect(objects.events(about: "quiet").count == 1)
    #expect(objects.events(about: "noisy").count == WitnessedObjects.eventsMax)
    #expect(objects.events(about: "noisy").last?.message == "\(WitnessedObjects.eventsMax * 3 - 1)")
  }

  @Test func manyStrangersTakeNoEventsFromThePodsThatAreWatched() {
    var objects = WitnessedObjects()
    objects.take(TestObjects.pod("mine"))
    let mine = objects.pods.keys.first ?? ""
    objects.take(event(0, about: mine))
    for number in 0..<(WitnessedObjects.subjectsMax * 2) {
      objects.take(event(number, about: "stranger-\(number)"))
    }
    #expect(objects.events(about: mine).count == 1)
    #expect(objects.events(about: "stranger-1").isEmpty)
    #expect(objects.events(about: "stranger-\(WitnessedObjects.subjectsMax * 2 - 1)").count == 1)
  }
}
