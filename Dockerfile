FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY dev dev
COPY web web
RUN npm run build

FROM node:22-bookworm-slim AS modules
WORKDIR /app
COPY package.json package-lock.json ./
# Without scripts: `prepare` would build, and no dependency needs its own at run time.
RUN npm ci --omit=dev --ignore-scripts \
  # A worker needs two packages that a client does without. Their versions are those of the lock file.
  && npm install --no-save --save-prod --omit=dev --ignore-scripts --no-audit \
    $(node -p "['@temporalio/worker', 'openai', '@aws-sdk/client-s3', '@aws-sdk/lib-storage'].map((name) => name + '@' + require('./package.json').peerDependencies[name]).join(' ')") \
  # Temporal's core comes for five platforms, of which an image is one.
  && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
    ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -r {} + \
  && test -d "node_modules/@temporalio/core-bridge/releases/$(uname -m)-unknown-linux-gnu" \
  && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete

# The package of ffmpeg brings a desktop's drivers along. The program loads none of them: it needs what the linker names.
FROM node:22-bookworm-slim AS tools
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates ffmpeg \
  && mkdir /tools \
  && ldd /usr/bin/ffmpeg | awk '$3 ~ /^\// { sub("^/lib/", "/usr/lib/", $3); print $3 }' \
    | xargs cp --dereference --parents --target-directory=/tools /usr/bin/ffmpeg /etc/ssl/certs/ca-certificates.crt

FROM node:22-bookworm-slim
COPY --from=tools /tools/ /
RUN ffmpeg -hide_banner -encoders | grep --quiet libx264 \
  && ln -s /app/dist/src/cli/main.js /usr/local/bin/storyreel \
  # A new named volume takes the owner of the folder that it covers.
  && install --directory --owner node --group node /var/lib/storyreel/media
WORKDIR /app
ENV NODE_ENV=production
COPY package.json ./
COPY --from=modules /app/node_modules node_modules
COPY --from=build /app/dist/src dist/src
COPY --from=build /app/dist/web dist/web
USER node
ENTRYPOINT ["node", "dist/src/cli/main.js"]
CMD ["worker"]
