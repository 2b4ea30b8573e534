// What every part is written with: html`…` templates and hooks.
export { html } from 'htm/preact';
export { Component, createRef, render } from 'preact';
export { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
