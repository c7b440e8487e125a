export async function measureRedisMemory(_url: string, _o: { projects: number; bytes: number }): Promise<object> {
  return {};
}
