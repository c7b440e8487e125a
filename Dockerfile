FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY dev dev
RUN npm run build

FROM node:22-bookworm-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates ffmpeg \
  && rm -rf /var/lib/apt/lists/* \
  # A new named volume takes the owner of the folder that it covers.
  && install --directory --owner node --group node /var/lib/storyreel/media
WORKDIR /app
ENV NODE_ENV=production
COPY package.json package-lock.json ./
# Without scripts: `prepare` would build, and no dependency needs its own at run time.
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force
COPY --from=build /app/dist/src dist/src
USER node
ENTRYPOINT ["node", "dist/src/cli/main.js"]
CMD ["worker"]
