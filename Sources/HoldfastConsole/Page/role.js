// What whoever looks may do. It is Holdfast that decides; here it only keeps buttons away that would be refused.

import * as api from './api.js';

const order = ['viewer', 'operator', 'admin'];
let role = null;

export async function learnRole() {
  role = (await api.whoami()).role;
}

export const may = (needed) => order.indexOf(role) >= order.indexOf(needed);
export const roleName = () => role;
