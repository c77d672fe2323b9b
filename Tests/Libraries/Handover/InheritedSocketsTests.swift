import Handover
import Testing

@Suite struct InheritedSocketsTests {
  @Test(
    arguments: [
      ([:], 0), (["LISTEN_FDS": "1"], 1), (["LISTEN_FDS": "16"], 16), (["LISTEN_FDS": "0"], 0),
      (["LISTEN_FDS": "2", "LISTEN_PID": "42"], 2), (["LISTEN_FDS": "2", "LISTEN_PID": "43"], 0),
      (["LISTEN_PID": "42"], 0), (["LISTEN_PID": "nonsense"], 0),
      (["LISTEN_FDS": "nonsense", "LISTEN_PID": "43"], 0),
    ] as [([String: String], Int)])
  func descriptorsAreCountedWhenTheyAreForThisProcess(
    environment: [String: String], count: Int
  ) throws {
    #expect(try InheritedSockets.count(in: environment, for: 42) == count)
  }

  @Test(
    arguments: [
      (1, nil, 0), (1, "anything", 0), (0, nil, 0), (2, "http:admin", 0), (2, "admin:http", 1),
      (3, "a::http", 2),
    ] as [(Int, String?, Int)])
  func aDescriptorIsFoundByItsName(count: Int, names: String?, index: Int) throws {
    let environment = names.map { ["LISTEN_FDNAMES": $0] } ?? [:]
    #expect(try InheritedSockets.index(of: "http", among: count, in: environment) == index)
  }

  @Test(
    arguments: [
      (2, nil), (2, ""), (2, "http"), (2, "http:http"), (2, "admin:metrics"), (3, "http:admin"),
    ] as [(Int, String?)])
  func severalWithoutTheNameAreRefused(count: Int, names: String?) {
    let environment = names.map { ["LISTEN_FDNAMES": $0] } ?? [:]
    let error = #expect(throws: InheritedSockets.Malformed.self) {
      try InheritedSockets.index(of: "http", among: count, in: environment)
    }
    #expect(error?.name == "LISTEN_FDNAMES" && error?.value == names ?? "")
  }

  @Test(arguments: [
    ("LISTEN_FDS", ""), ("LISTEN_FDS", "-1"), ("LISTEN_FDS", "17"), ("LISTEN_FDS", "one"),
    ("LISTEN_FDS", "1 "), ("LISTEN_FDS", "99999999999999999999"), ("LISTEN_PID", ""),
    ("LISTEN_PID", "me"), ("LISTEN_PID", "4294967338"),
  ])
  func aMalformedVariableIsNamedWithWhatItHolds(name: String, value: String) {
    var environment = ["LISTEN_FDS": "1", "LISTEN_PID": "42"]
    environment[name] = value
    let error = #expect(throws: InheritedSockets.Malformed.self) {
      try InheritedSockets.count(in: environment, for: 42)
    }
    #expect(error?.name == name && error?.value == value)
  }
}
