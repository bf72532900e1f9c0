import { AgentService, type AgentServiceDependencies } from './modules/agent/agent-service.ts';
import { EnvironmentService } from './modules/environment/environment-service.ts';
import { VersionService } from './modules/version/version-service.ts';

export interface Services {
  readonly agents: AgentService;
  readonly versions: VersionService;
  readonly environments: EnvironmentService;
}

export function createServices(dependencies: AgentServiceDependencies): Services {
  return {
    agents: new AgentService(dependencies),
    versions: new VersionService(dependencies),
    environments: new EnvironmentService(dependencies),
  };
}
