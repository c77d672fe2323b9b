import HTTPServer

/// A method and a path with what is promised about them and what keeps the promise.
final class Operation: Sendable {
  typealias Handler = @Sendable (Call) throws -> Response

  let method: Method
  let template: String
  let execution: Execution
  let contract: Contract
  let handler: Handler

  init(
    _ method: Method, _ template: String, _ contract: Contract, _ execution: Execution,
    _ handler: @escaping Handler
  ) {
    self.method = method
    self.template = template
    self.contract = contract
    self.execution = execution
    self.handler = handler
  }

  /// The same on a worker, where it may wait.
  convenience init(
    _ method: Method, _ template: String, _ contract: Contract, _ handler: @escaping Handler
  ) {
    self.init(method, template, contract, .worker, handler)
  }

  /// The route: filters, then the request is read as the contract says, then the handler.
  func route(_ filters: Filters) -> Route {
    Route(
      method, template, execution, bodyBytesMax: contract.bodyBytesMax,
      requestTimeout: contract.requestTimeout, precheck: precheck(filters)
    ) { [self] request in
      if contract.isProbe { return try handler(Call(request, self)) }
      return try filters.outer.answer(Call(request, self)) { call in
        try call.checkAccess()
        var call = call
        try call.negotiate()
        do throws(RequestFault) {
          try call.read()
        } catch {
          if let response = contract.refusal?(error, request) { return response }
          throw error.problem
        }
        var response = try filters.inner.answer(call, handler)
        if contract.isNegotiated { response.headers.vary("Accept") }
        return response
      }
    }
  }

  /// Refuses whoever may not come in before the body is taken, where a token is needed.
  private func precheck(_ filters: Filters) -> Precheck? {
    guard case .scope = contract.access else { return nil }
    return { [self] request in
      var call = Call(request, self)
      call.isPrecheck = true
      do {
        _ = try filters.outer.answer(call) { call in
          try call.checkAccess()
          return .empty()
        }
      } catch is Undecided {}
      return nil
    }
  }
}
