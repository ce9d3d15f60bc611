/** Faults of a MongoDB of one node. */
import { setTimeout as pause } from 'node:timers/promises';
import { ownMongod } from '../helpers/own-mongod.ts';
import { openDeployment } from './deployment.ts';
import type { Fault } from './fault.ts';

const ROUNDS = 30;

export const killMongod: Fault = {
  name: 'kill-mongod',
  title: 'kill -9 of the one mongod',
  rounds: 200,
  allowance: 0,
  async open(owner) {
    const mongod = await ownMongod(owner);
    const { library, servers } = await openDeployment(owner, { uri: mongod.uri });
    return {
      library,
      servers,
      async strike() {
        await mongod.kill();
        await pause(Math.random() * 500);
        await mongod.restart();
      },
    };
  },
};

export const killServer: Fault = {
  name: 'kill-server',
  title: 'kill -9 of one of the two servers',
  rounds: ROUNDS,
  allowance: 0,
  mayBreakOff: true,
  async open(owner) {
    const mongod = await ownMongod(owner);
    const { library, servers } = await openDeployment(owner, { uri: mongod.uri });
    let round = 0;
    return {
      library,
      servers,
      async strike() {
        const server = servers[round++ % 2] ?? servers[0];
        await server.kill();
        await pause(Math.random() * 500);
        server.restart();
        await pause(500);
      },
    };
  },
};
