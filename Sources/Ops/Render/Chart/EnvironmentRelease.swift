import YAML

extension ChartRelease {
  /// What an environment of a cluster is with this image.
  init(
    _ environment: Environment, of service: Service, image: ImageReference, manager: Manager
  ) throws {
    let node = EnvironmentValues(service: service, environment: environment, image: image).node
    // An environment that was read makes values that can be read: anything else is our mistake,
    // and told as one.
    let values = try ChartValues(node, file: "the values of \(environment.name)")
    self.init(
      values: values, name: service.name, namespace: environment.namespace, manager: manager)
  }
}
