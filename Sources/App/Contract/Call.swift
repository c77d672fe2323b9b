import Core
import HTTPServer
import JSON
import SQL

/// A request on its way to the handler, read and checked as the contract says.
struct Call: Sendable {
  let request: Request
  let operation: Operation
  /// Who asks, where a token was given and is valid.
  var principal: Principal?
  /// Whether it is asked only if the request would be let in: its body is not here yet, and nothing
  /// may wait, be taken or be counted as done.
  var isPrecheck = false
  /// What is answered, of what the contract offers.
  private(set) var mediaType: String
  /// The body; null where the contract has no JSON body.
  private(set) var body = JSONValue.null
  /// What was given for parameters, or what takes its place, in the order of the contract.
  private(set) var arguments: [(name: String, value: JSONValue)] = []

  init(_ request: Request, _ operation: Operation) {
    self.request = request
    self.operation = operation
    mediaType = operation.contract.answers.first?.contents.first?.mediaType ?? ""
  }

  /// What was given for a parameter, or what takes its place; nil where there is neither.
  subscript(_ name: String) -> JSONValue? { arguments.first { $0.name == name }?.value }

  func text(_ name: String) -> String? { self[name]?.text }
  func integer(_ name: String) -> Int64? { self[name]?.number }
  func uuid(_ name: String) -> UUID? { self[name]?.text.flatMap { UUID($0) } }

  /// Whoever asks for what needs a token must have shown one; filters see to that, and this makes
  /// sure that no arrangement of them forgets it.
  func checkAccess() throws(Problem) {
    if case .scope(let scope) = operation.contract.access,
      principal?.scopes.contains(scope) != true
    {
      throw principal == nil ? .unauthenticated() : .insufficient(scope)
    }
  }

  /// Chooses what is answered, where there is a choice.
  mutating func negotiate() throws(Problem) {
    guard operation.contract.isNegotiated else { return }
    let offers = operation.contract.mediaTypes
    guard let chosen = MediaType.negotiate(request.headers.list("Accept"), offers) else {
      throw Problem(
        status: 406, detail: "There is \(offers.joined(separator: " and ")) only.",
        headers: [Problem.Header("Vary", "Accept")])
    }
    mediaType = chosen
  }

  /// Reads parameters and body.
  mutating func read() throws(RequestFault) {
    var violations = Violations()
    readParameters(&violations)
    if let contract = operation.contract.body { try readBody(contract, &violations) }
    guard violations.isEmpty else { throw .invalid(violations) }
  }

  private mutating func readParameters(_ violations: inout Violations) {
    let contract = operation.contract
    let query = request.hasQuery ? request.queryPairs : []
    for parameter in contract.parameters where parameter.place != .header {
      let pointer = parameter.pointer
      let texts =
        parameter.place == .path
        ? request.parameter(parameter.name).map { [$0] } ?? []
        : query.filter { $0.name == parameter.name }.map(\.value)
      guard let text = texts.first else {
        if let standard = parameter.standard { arguments.append((parameter.name, standard)) }
        if parameter.isRequired { violations.add(Violation(pointer: pointer, kind: .missing)) }
        continue
      }
      guard texts.count == 1 || contract.isLegacy else {
        violations.add(Violation(pointer: pointer, kind: .rule("is given more than once")))
        continue
      }
      let value = parameter.schema.value(ofText: text)
      parameter.schema.check(value, pointer, &violations)
      arguments.append((parameter.name, value))
    }
    guard !contract.isLegacy, !query.isEmpty else { return }
    let names = contract.parameters.filter { $0.place == .query }.map(\.name)
    for pair in query where !names.contains(pair.name) {
      violations.add(.unknown(in: "#/query", pair.name, among: names))
    }
  }

  private mutating func readBody(
    _ contract: BodyContract, _ violations: inout Violations
  ) throws(RequestFault) {
    if !contract.isRequired, request.body.isEmpty { return }
    let given = request.headers["Content-Type"]
    switch contract.kind {
    case .raw(let mediaType):
      guard MediaType.names(given, mediaType) else { throw .mediaType(expected: mediaType) }
    case .json(let schema):
      guard MediaType.isJSON(given) else { throw .mediaType(expected: "application/json") }
      do throws(JSONError) {
        body = try JSONReader.read(request.body)
      } catch {
        throw .malformed(error)
      }
      schema.check(body, "#", &violations)
    }
  }
}

/// What a precheck can not say without waiting: the request goes on and is asked again.
struct Undecided: Error, Sendable {}

/// The contract let something pass that the handler can not work with: a mistake of ours.
struct ContractGap: Error, Sendable {
  let file: String
  let line: Int
}

extension Optional {
  /// The value that the contract saw to.
  func required(file: String = #fileID, line: Int = #line) throws(ContractGap) -> Wrapped {
    guard let self else { throw ContractGap(file: file, line: line) }
    return self
  }
}

extension Schema {
  /// The text of a parameter as a value of this type, or as a text where it is none.
  fileprivate func value(ofText text: String) -> JSONValue {
    switch self {
    case .integer:
      // `Int64` also takes a leading plus, which a number in a URL never has.
      guard text.first != "+", let number = Int64(text) else { return .string(text) }
      return .integer(number)
    case .boolean: return text == "true" ? true : text == "false" ? false : .string(text)
    default: return .string(text)
    }
  }
}

extension Violation {
  /// A name that nobody knows, with the known one that is closest.
  static func unknown(
    in pointer: String, _ name: String, among names: [String]
  ) -> Violation {
    Violation(
      pointer: "\(pointer)/\(PointerPart.of(name))",
      kind: .unknown(suggestion: Suggestion.nearest(to: name, in: names)))
  }
}
